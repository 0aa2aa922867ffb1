/** Where measured choices of algorithms are kept. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tuningFlags } from './tuning.js';

let cache: string;
beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), 'facewright-tuning-'));
});
afterAll(() => rm(cache, { recursive: true }));

test.each(['cuda', 'rocm'] as const)('on %s, in a directory of the cache', async (kind) => {
  const directory = join(cache, kind, 'tuned-xla');
  expect(await tuningFlags(kind, join(cache, kind))).toEqual({ xla_gpu_per_fusion_autotune_cache_dir: directory });
  expect(existsSync(directory)).toBe(true);
});

test('nothing is kept where XLA does not measure, or the cache cannot be written', async () => {
  expect(await tuningFlags('cpu', join(cache, 'none'))).toEqual({});
  expect(existsSync(join(cache, 'none'))).toBe(false);
  await writeFile(join(cache, 'file'), '');
  expect(await tuningFlags('cuda', join(cache, 'file'))).toEqual({});
});
