/**
 * A complete training verifies as well on onnx as on wasm: the sample's network and stages on drawn people. The two sum
 * in a different order, so their weights drift apart, but that may not change more than another seed does, as three
 * seeds on the faster engine show.
 */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateSample } from '@facewright/datasets';
import { expect, test } from 'vitest';
import { createRun } from './index.js';

const HELD_OUT = 20;
const PHOTOS = 8;

test('the same verification accuracy on wasm and onnx', { timeout: 1_800_000 }, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fw-engines-'));
  // the list has landmarks, so nothing needs to be detected
  const { list } = await generateSample({ directory: join(directory, 'people'), people: 80, photos: PHOTOS });
  const accuracy = async (backend: string, seed: number): Promise<number> => {
    const run = await createRun({
      preset: 'sample',
      config: {
        data: list,
        out: join(directory, `${backend}-${seed}`),
        backend,
        seed,
        workers: 0,
        tiers: [{ name: 'all', above: 0, augment: ['opening'] }],
        heldOut: { identities: HELD_OUT, pairs: 1000 },
        stages: [
          { loss: 'softmax', optimiser: 'adam', rate: 2e-3, until: { steps: 150 } },
          {
            loss: { name: 'arcface', s: 32, m: 0.4 },
            optimiser: 'adam',
            rate: 7e-4,
            warmUp: 10,
            until: { steps: 120 },
          },
        ],
      },
    });
    const { metrics } = await run.start();
    return metrics.verification!.accuracy;
  };
  const onnx = [await accuracy('onnx', 1), await accuracy('onnx', 2), await accuracy('onnx', 3)];
  const wasm = await accuracy('wasm', 1);
  const text = `wasm ${wasm.toFixed(4)}, onnx ${onnx.map((value) => value.toFixed(4)).join(', ')}`;
  // pairs share photos: the deviation of an accuracy p is roughly that of as many draws as there are photos
  const deviation = Math.sqrt((wasm * (1 - wasm)) / (HELD_OUT * PHOTOS));
  const tolerance = Math.max(Math.max(...onnx) - Math.min(...onnx), deviation);
  expect(Math.min(wasm, ...onnx), text).toBeGreaterThan(0.75);
  expect(Math.abs(wasm - onnx[0]), text).toBeLessThanOrEqual(tolerance);
});
