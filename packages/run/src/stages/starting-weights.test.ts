/** Starting weights are read once, and not kept after training has them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { saveModel } from '@facewright/training';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StartingWeights } from './starting-weights.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'facewright weights '));
  await saveModel(join(root, 'model'), {
    card: {
      format: 1,
      model: { name: 'sound', options: {} },
      inputSize: [8, 8],
      embeddingSize: 2,
      alignment: { fingerprint: 'upright', size: 8 },
    } as Parameters<typeof saveModel>[1]['card'],
    params: { kernel: { shape: [1], dtype: 'float32', data: Float32Array.of(7) } },
    statistics: {},
  });
});
afterEach(() => rm(root, { recursive: true, force: true }));

test('the files are read once, although others may have replaced them since', async () => {
  const weights = new StartingWeights(join(root, 'model'));
  const checked = await weights.read();
  await rm(join(root, 'model'), { recursive: true });
  expect(await weights.read()).toBe(checked);
  expect(await weights.take()).toBe(checked);
  await expect(weights.read()).rejects.toThrow('There is nothing to start from here');
});

test('weights that were let go are read again', async () => {
  const weights = new StartingWeights(join(root, 'model'));
  const checked = await weights.read();
  weights.letGo();
  const again = await weights.take();
  expect(again).not.toBe(checked);
  expect(again).toEqual(checked);
});
