/**
 * Images sent as bytes against the same images as floats, in whole trainings on the CPU plugin: the same losses and
 * weights to the last bit, on one device and on four.
 */
import {
  byteTensor,
  createRandom,
  createRunContainer,
  hostScalar,
  hostTensor,
  pluginContext,
  type Engine,
  type HostTensors,
  type InputTensors,
} from '@facewright/core';
import { arcFace } from '@facewright/losses';
import { mobileFaceNet } from '@facewright/models';
import { compileTraining, firstState, sgd } from '@facewright/training';
import { expect, test } from 'vitest';
import { cpuPlugin, openCpu } from '../test/cpu-plugin.js';

const here = await cpuPlugin();
const path = 'path' in here ? here.path : '';
const [SIDE, BATCH, CLASSES, STEPS] = [16, 8, 7, 3];
const SMALL = {
  inputSize: SIDE,
  width: 0.125,
  embeddingSize: 8,
  bottlenecks: [[1, 64, 1, 2]] as [number, number, number, number][],
};

/** A batch as bytes with flags, and the same scaled and mirrored here. */
function batch(step: number): { bytes: InputTensors; floats: InputTensors } {
  const random = createRandom('bytes').fork(step);
  const shape = [BATCH, SIDE, SIDE, 3];
  const pixels = Uint8Array.from({ length: BATCH * SIDE * SIDE * 3 }, () => random.integer(256));
  const mirrored = Uint8Array.from({ length: BATCH }, () => random.integer(2));
  const at = (i: number): number => {
    const [colour, x, row] = [i % 3, Math.floor(i / 3) % SIDE, Math.floor(i / 3 / SIDE)];
    return pixels[3 * (row * SIDE + (mirrored[Math.floor(row / SIDE)] ? SIDE - 1 - x : x)) + colour];
  };
  const floats = Float32Array.from(pixels, (_, i) => (at(i) - 127.5) * (1 / 127.5));
  const rest = {
    labels: hostTensor(
      [BATCH],
      Int32Array.from({ length: BATCH }, () => random.integer(CLASSES)),
    ),
    rate: hostScalar(0.1),
  };
  return {
    bytes: { images: byteTensor(shape, pixels), mirrored: byteTensor([BATCH], mirrored), ...rest },
    floats: { images: hostTensor(shape, floats), ...rest },
  };
}

async function trained(
  engine: Engine,
  parts: number,
  kind: 'bytes' | 'floats',
): Promise<{ losses: number[]; state: HostTensors }> {
  const context = pluginContext(createRunContainer({ seed: 3 }), 'test');
  const model = await mobileFaceNet(SMALL).create(context);
  const loss = await arcFace().create(context);
  const optimiser = await sgd({ momentum: 0.9 }).create(context);
  const { state } = firstState(model, { loss, optimiser }, CLASSES, createRandom('start'));
  const executable = compileTraining({ engine, model, loss, optimiser, parts, state });
  const batches = Array.from({ length: STEPS }, (_, step) => batch(step)[kind]);
  const losses: number[] = [];
  for (const [step, inputs] of batches.entries()) {
    const running = executable.run(inputs);
    if (step + 1 < STEPS) executable.send?.(batches[step + 1]);
    losses.push((await running).loss.data[0]);
  }
  const result = { losses, state: await executable.readState() };
  executable.dispose();
  return result;
}

test.skipIf('missing' in here).each([
  [1, 1],
  [1, 2],
  [4, 1],
])('on %i devices, in %i parts', async (devices, parts) => {
  const engine = await openCpu(path, devices);
  expect(engine.bytes).toBe(true);
  expect(await trained(engine, parts, 'bytes')).toEqual(await trained(engine, parts, 'floats'));
  await engine.dispose();
});

test.skipIf(!('missing' in here))(`bytes (skipped: ${'missing' in here ? here.missing : ''})`, () => {});
