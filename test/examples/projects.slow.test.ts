/** The projects under examples/ work as they stand, in a folder of their own. */
import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import sharp from 'sharp';
import ts from 'typescript';
import { readFile } from 'node:fs/promises';
import { beforeAll, expect, test } from 'vitest';
import { drawPeople, facewright, readJson, temporary } from '../helpers/tool.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const start = promisify(execFile);
let home: string;
let list: string;
beforeAll(async () => {
  home = await temporary();
  await symlink(join(root, 'node_modules'), join(home, 'node_modules'));
  ({ list } = await drawPeople(home, { people: 6, photos: 6 }));
});

async function copied(name: string): Promise<string> {
  const at = join(home, name);
  await cp(join(root, 'examples', name), at, { recursive: true });
  return at;
}

/** Starts `main.ts` as Node 22 does: with its types taken off. */
async function started(at: string, args: string[]): Promise<string> {
  const source = await readFile(join(at, 'main.ts'), 'utf8');
  const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
  await writeFile(join(at, 'main.js'), ts.transpileModule(source, { compilerOptions: options }).outputText);
  return (await start(process.execPath, ['main.js', ...args], { cwd: at })).stdout;
}

test('own-loss: the config trains with it, and the next stage takes over its centres', async () => {
  const cwd = await copied('own-loss');
  const args = ['run', '--data', list, '--out', 'run', '--preset', 'small', '--backend', 'wasm', '--batch', '8'];
  const { code, stderr } = await facewright([...args, '--json'], { cwd });
  expect(stderr).not.toContain('error');
  expect(code).toBe(0);
  const events = (await readFile(join(cwd, 'run/events.jsonl'), 'utf8')).split('\n').filter(Boolean);
  const stages = events
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ type }) => type === 'stage.started');
  expect(stages).toMatchObject([
    { loss: 'scaled-cosine', head: 'fresh' },
    { loss: 'arcface', head: 'adopted' },
  ]);
});

test('own-detector: photos before a plain backdrop are prepared', async () => {
  const cwd = await copied('own-detector');
  for (const [person, colour] of [
    ['Ada', '#743'],
    ['Ben', '#a86'],
  ]) {
    const head = Buffer.from(
      `<svg width="120" height="150"><rect width="100%" height="100%" fill="#eee"/><ellipse cx="60" cy="80" rx="30" ry="40" fill="${colour}"/></svg>`,
    );
    await mkdir(join(cwd, 'photos', person), { recursive: true });
    for (const photo of [1, 2])
      await sharp(head)
        .png()
        .toFile(join(cwd, 'photos', person, `${photo}.png`));
  }
  const { code, stderr } = await facewright(['prepare', '--data', 'photos', '--out', 'dataset'], { cwd });
  expect([code, code ? stderr : '']).toEqual([0, '']);
  const dataset = JSON.stringify(await readJson(join(cwd, 'dataset/dataset.json')));
  expect(dataset).toContain('plain-backdrop-1 difference=60');
});

test('compose-a-pipeline trains a model, and use-a-model uses it', async () => {
  const trained = await started(await copied('compose-a-pipeline'), [list, 'run']);
  expect(trained.match(/^step \d+: loss \d/gm)).toHaveLength(20);
  const model = join(home, 'compose-a-pipeline/run/model');
  const [photo] = (await readdir(dirname(list), { recursive: true })).filter((name) => /\.(jpg|png)$/.test(name));
  const face = join(home, 'face.png'); // of just the aligned size: taken as a face that is aligned
  await sharp(join(dirname(list), photo))
    .resize(64, 64, { fit: 'fill' })
    .png()
    .toFile(face);
  const told = await started(await copied('use-a-model'), [model, face, face]);
  expect(told).toMatch(/^similarity 1\.000, same person: /);
  expect(told).toContain('Ada');
});
