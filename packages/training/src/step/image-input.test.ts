/** Images sent as bytes: the same numbers as floats made on the host, and the same training to the last bit. */
import {
  byteTensor,
  createRandom,
  type Engine,
  type Executable,
  type InputScale,
  type InputTensors,
  type StepFunction,
} from '@facewright/core';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tinyRun, type TinyRun } from '../../test/tiny-run.js';
import { openCpu } from '../../test/tiny.js';
import { createImageStore, inputTensor } from '../data/images.js';
import { modelInput } from './image-input.js';

let plain: Engine;
let root: string;
beforeAll(async () => {
  plain = await openCpu();
  root = await mkdtemp(join(tmpdir(), 'facewright-bytes-'));
});
afterAll(async () => rm(root, { recursive: true }));

const SIZE = [8, 16] as const;

test.each<[string, InputScale | undefined]>([
  ['[−1, 1]', undefined],
  ['one scale', { offset: 3.7, scale: 0.0123 }],
  ['a scale per colour', { offset: [123.675, 116.28, 103.53], scale: [1 / 58.395, 1 / 57.12, 1 / 57.375] }],
])('every byte of every colour becomes the same float, mirrored or not: %s', async (_, inputScale) => {
  const model = { inputSize: SIZE, inputScale };
  const image = (seed: number): Uint8Array => Uint8Array.from({ length: 8 * 16 * 3 }, (_, i) => (i * 7 + seed) % 256);
  const read = async (seed: number) => ({ width: 16, height: 8, data: image(seed) });
  const store = createImageStore({ read }, model, { count: 4 });
  const samples = [0, 1, 85, 170];
  const mirrored = [false, true, true, false];
  const step: StepFunction = (_, inputs) => ({ outputs: { images: modelInput(model, inputs) } });
  const executable = plain.compile(step);
  const images = byteTensor([4, ...SIZE, 3], await store.read(samples));
  const flags = byteTensor([4], Uint8Array.from(mirrored, Number));
  expect((await executable.run({ images, mirrored: flags })).images).toEqual(
    inputTensor(await store.read(samples, mirrored), model),
  );
  expect((await executable.run({ images })).images).toEqual(inputTensor(await store.read(samples), model));
});

/** An engine that takes bytes, and notes what it is sent ahead of a call and what the calls get. */
function bytesEngine(): { engine: Engine; sent: InputTensors[]; got: InputTensors[] } {
  const [sent, got]: InputTensors[][] = [[], []];
  const compile: Engine['compile'] = (step, options) => {
    const executable = plain.compile(step, options);
    return {
      ...executable,
      run: (inputs) => {
        if (options?.name?.startsWith('training')) got.push(inputs);
        return executable.run(inputs);
      },
      send: (inputs) => void sent.push(inputs),
    } satisfies Executable;
  };
  return { engine: { ...plain, bytes: true, compile }, sent, got };
}

async function trained(name: string, engine: Engine, options: Partial<TinyRun>): Promise<Buffer> {
  const directory = join(root, name);
  const { error } = await tinyRun({
    engine,
    directory,
    stages: [{ config: { rate: 0.05, until: { steps: 9 } } }],
    validation: { fraction: 0.2, minimum: 1, everySteps: 3 },
    random: createRandom(3),
    ...options,
  });
  expect(error).toBeUndefined();
  return readFile(join(directory, 'model', 'weights.safetensors'));
}

test.each([undefined, 4])(
  'a training on bytes ends with the same weights (micro-batches of %s)',
  async (microBatch) => {
    const { engine, sent, got } = bytesEngine();
    const expected = await trained(`floats-${microBatch}`, plain, { microBatch });
    expect((await trained(`bytes-${microBatch}`, engine, { microBatch })).equals(expected)).toBe(true);
    for (const { images, mirrored } of got) {
      expect([images.dtype, mirrored.dtype]).toEqual(['uint8', 'uint8']);
      expect(images.shape).toEqual([microBatch ?? 8, 6, 6, 3]);
    }
    expect(new Set(got.flatMap(({ mirrored }) => [...mirrored.data]))).toEqual(new Set([0, 1]));
    if (microBatch !== undefined) return;
    // every batch but the first was on its way while the one before was computed
    expect(got).toHaveLength(9);
    got.slice(1).forEach(({ images }, i) => expect(sent[i].images).toBe(images));
  },
);
