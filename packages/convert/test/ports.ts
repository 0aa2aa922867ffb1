/** Shared by the import tests: the files written by reference/ports.py, and the embedding of an imported model. */
import { cpu } from '@facewright/backend-cpu';
import {
  createRandom,
  hostTensor,
  ofColour,
  prefixed,
  stripPrefix,
  type HostTensors,
  type Model,
} from '@facewright/core';
import { mobileFaceNet, type MobileFaceNetOptionsInput } from '@facewright/models';
import { openEngine, testContext } from '@facewright/testkit';
import type * as tf from '@tensorflow/tfjs-core';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect } from 'vitest';
import { fitUnits, layersOf, type ImportPlan } from '../src/index.js';

interface Port {
  readonly inputSize: [number, number];
  readonly files: Record<'pytorch' | 'onnx', string>;
  readonly embedding: number[];
}
export const fixture = (name: string): Buffer => readFileSync(new URL(`../reference/ports/${name}`, import.meta.url));
/** Made by reference/ports.py. */
export const { ports } = JSON.parse(fixture('expected.json').toString()) as { ports: Record<string, Port> };
export const packed = (file: string): Uint8Array => gunzipSync(fixture(`${file}.gz`));

/** As in ports.py. */
const image = (height: number, width: number): number[] =>
  Array.from({ length: height * width * 3 }, (_, i) =>
    Number((BigInt(i) * 7919n + BigInt(i) * BigInt(i) * 31n) % 251n),
  );

export async function embed(
  model: Model,
  state: { params: HostTensors; statistics: HostTensors },
): Promise<Float32Array> {
  const engine = await openEngine(cpu());
  const { offset, scale } = model.inputScale!;
  const [height, width] = model.inputSize;
  const executable = engine.compile(
    (held, { images }) => ({
      outputs: {
        embeddings: model.apply(
          stripPrefix('params', held),
          stripPrefix('statistics', held),
          images as tf.Tensor4D,
          'infer',
        ).embeddings,
      },
    }),
    { state: { ...prefixed('params', state.params), ...prefixed('statistics', state.statistics) } },
  );
  const pixels = Float32Array.from(
    image(height, width),
    (value, i) => (value - ofColour(offset, i % 3)) * ofColour(scale, i % 3),
  );
  const { embeddings } = await executable.run({ images: hostTensor([1, height, width, 3], pixels) });
  executable.dispose();
  return embeddings.data as Float32Array;
}

export async function imported(
  plan: ImportPlan,
  more: MobileFaceNetOptionsInput = {},
  channels = plan.channels,
): Promise<{ model: Model; state: ReturnType<typeof fitUnits> }> {
  const options = { ...plan.options, ...more };
  const model = await mobileFaceNet(options).create(testContext());
  const expected = model.init(createRandom(1));
  return {
    model,
    state: fitUnits(expected, plan.unitsFor(layersOf(expected)), {
      epsilon: () => options.batchNormEpsilon ?? 1e-3,
      channels,
      where: 'the file',
    }),
  };
}

export function expectNear(found: Float32Array, wanted: readonly number[]): void {
  expect(found).toHaveLength(wanted.length);
  const largest = Math.max(...wanted.map(Math.abs));
  found.forEach((value, i) => expect(Math.abs(value - wanted[i]) / largest).toBeLessThan(1e-5));
}
