/**
 * `--from` with a file of weights: imported into the cache once, identified by content. Anything else is left
 * unchanged.
 */
import { appendFile, copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { RunEvent } from '@facewright/core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { withImportedWeights } from './weights-to-begin-from.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'facewright from '));
  vi.stubEnv('FACEWRIGHT_CACHE', join(root, 'cache'));
  // weights alone: there is no graph to compare with, which takes seconds and is tested where models are imported
  const port = new URL('../../../packages/convert/reference/ports/arcface-torch.pt.gz', import.meta.url);
  await writeFile(join(root, 'weights.pt'), gunzipSync(await readFile(port)));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true });
});

async function begun(from: string | undefined, more: object = {}): Promise<{ from?: string; told: string[] }> {
  const told: string[] = [];
  const onEvent = (event: RunEvent): void => void (event.type === 'notice' && told.push(event.message));
  const loaded = { given: { ...(from !== undefined && { from }), ...more }, baseDirectory: root, where: 'test' };
  const { given } = await withImportedWeights(loaded, onEvent);
  return { from: given.from, told };
}
const imported = (): Promise<string[]> => readdir(join(root, 'cache/imported'));

test('a config without weights, a run and a model directory stay as they are', async () => {
  expect(await begun(undefined)).toEqual({ from: undefined, told: [] });
  expect(await begun('run')).toEqual({ from: 'run', told: [] });
});

test('a file is imported once, whatever its name, and again if its content or the alignment differs', async () => {
  const first = await begun('weights.pt');
  expect(first.told).toEqual([
    expect.stringMatching(/^Imported weights\.pt: mobilefacenet, embeddings of \d+ numbers/),
  ]);
  expect(await readdir(first.from!)).toContain('model.json');
  await copyFile(join(root, 'weights.pt'), join(root, 'renamed.pt'));
  expect(await begun('renamed.pt')).toEqual({ from: first.from, told: [] });
  expect(await imported()).toHaveLength(1);
  const aligner = { name: 'five-point', size: 112 };
  expect((await begun('weights.pt', { aligner })).from).not.toBe(first.from);
  expect(await imported()).toHaveLength(2);
});

test('a file that cannot be imported is an error that names it, and leaves nothing in the cache', async () => {
  const before = await imported();
  await writeFile(join(root, 'broken.onnx'), 'no weights');
  await appendFile(join(root, 'broken.onnx'), new Uint8Array(100));
  await expect(begun('broken.onnx')).rejects.toThrow(/broken\.onnx/);
  expect(await imported()).toEqual(before);
});
