/** `--from` may name a file of weights trained elsewhere, which is first imported into the cache. */
import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { EventReader, RunConfigInput } from '@facewright/core';
import { sha256OfFile } from '@facewright/platform/node';

interface Loaded {
  readonly given: RunConfigInput;
  readonly baseDirectory: string;
  readonly where: string;
}

/** The config with `from` as a model directory, checkpoint or run; those are left unchanged. */
export async function withImportedWeights<L extends Loaded>(loaded: L, onEvent: EventReader): Promise<L> {
  const { given, baseDirectory, where } = loaded;
  if (given.from === undefined) return loaded;
  const path = resolve(baseDirectory, given.from);
  const weights = await fileOfWeights(path);
  if (weights === undefined) return loaded;
  const [{ defaultCacheDirectory }, { importModel }] = await Promise.all([
    import('@facewright/native-libraries'),
    import('./import-model.js'),
  ]);
  // the model's name in the cache depends on its contents, so a resumed run finds it again
  const { from: _, ...config } = given;
  const key = createHash('sha256')
    .update(JSON.stringify([await sha256OfFile(weights), given.aligner ?? null]))
    .digest('hex');
  const out = join(defaultCacheDirectory(), 'imported', key.slice(0, 16));
  const known = (await readdir(out).catch(() => [] as string[])).includes('model.json');
  if (!known) {
    const { card, how } = await importModel({ path, out, config, baseDirectory, where });
    onEvent({
      type: 'notice',
      at: Date.now(),
      level: 'info',
      message: `Imported ${basename(path)}: ${card.model.name}, embeddings of ${card.embeddingSize} numbers; ${how}.`,
    });
  }
  return { ...loaded, given: { ...given, from: out } };
}

/**
 * The file with weights trained elsewhere: `path` itself, or the one in a folder of plain arrays. `undefined` for
 * anything else, such as a model directory.
 */
export async function fileOfWeights(path: string): Promise<string | undefined> {
  if (await isFile(path)) return path;
  const plain = join(path, 'weights.f32');
  return (await isFile(plain)) ? plain : undefined;
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (entry) => entry.isFile(),
    () => false,
  );
