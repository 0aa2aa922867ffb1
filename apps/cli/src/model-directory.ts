/** `--model` also accepts a run, meaning its model. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The model directory at `path`: the directory itself, or the "model" of a run. */
export function modelDirectory(path: string): string {
  const inside = join(path, 'model');
  const isRun = !existsSync(join(path, 'model.json')) && existsSync(join(inside, 'model.json'));
  return resolve(isRun ? inside : path);
}
