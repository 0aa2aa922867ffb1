/** The losses where their input or their head is out of the ordinary: embeddings of no or great length, far from right, and centres taken over. */
import { hostTensor, type HostTensors } from '@facewright/core';
import { beforeAll, expect, test } from 'vitest';
import { column, createEvaluate, crossEntropy, make, normal, random, type Evaluate } from '../test/reference.js';
import {
  adaFace,
  arcFace,
  combinedMargin,
  cosFace,
  curricularFace,
  magFace,
  normalisedSoftmax,
  softmax,
  subCentreArcFace,
} from './index.js';

const every = [
  softmax,
  normalisedSoftmax,
  arcFace,
  cosFace,
  combinedMargin,
  subCentreArcFace,
  adaFace,
  magFace,
  curricularFace,
];

let evaluate: Evaluate;
beforeAll(async () => {
  evaluate = await createEvaluate();
});

test('every loss has a gradient far from the right answer, where a clipped probability has none', async () => {
  for (const plugin of every) {
    const loss = await make(plugin());
    const { params, statistics } = loss.init(5, 8, random.fork('init'));
    const centres = loss.centres!(params, statistics);
    const opposite = hostTensor(
      [1, 8],
      Float32Array.from(column(centres, 1), (v, i) => -40 * v + 0.5 * i),
    );
    const { loss: value, gradients } = await evaluate(loss, params, opposite, [1], statistics);
    expect(value).toBeGreaterThan(3);
    expect(Math.hypot(...gradients.embeddings), plugin.meta.name).toBeGreaterThan(1e-4);
  }
});

test('an all-zero embedding gives a finite loss and finite gradients', async () => {
  const zeros = hostTensor([2, 8], new Float32Array(16));
  for (const plugin of every) {
    const loss = await make(plugin());
    const { params, statistics } = loss.init(5, 8, random.fork('init'));
    const { loss: value, gradients, logits } = await evaluate(loss, params, zeros, [0, 1], statistics);
    expect(Number.isFinite(value), plugin.meta.name).toBe(true);
    expect(
      logits.every((logit) => logit === 0),
      plugin.meta.name,
    ).toBe(true);
    for (const gradient of Object.values(gradients))
      expect(gradient.every(Number.isFinite), plugin.meta.name).toBe(true);
  }
});

test('a head that takes over centres has the same parameters and shapes as a new one', async () => {
  const given = normal([8, 5], 'given');
  for (const plugin of [...every.map((factory) => factory()), softmax({ bias: false })]) {
    const loss = await make(plugin);
    const shapes = (params: HostTensors): object =>
      Object.fromEntries(Object.entries(params).map(([name, { shape }]) => [name, shape]));
    expect(shapes(loss.adopt!(given)), plugin.meta.name).toEqual(shapes(loss.init(5, 8, random).params));
  }
  expect((await make(softmax())).adopt!(given).bias.data).toEqual(new Float32Array(5));
});

test('adaface clips lengths to 0.001 to 100', async () => {
  const loss = await make(adaFace({ momentum: 0 }));
  const meanOf = async (...lengthsOfTwo: number[]): Promise<number> => {
    const two = hostTensor([2, 2], Float32Array.from(lengthsOfTwo.flatMap((length) => [length, 0])));
    const centres = hostTensor([2, 2], Float32Array.of(1, 0, 0, 1));
    const { statistics, loss: value } = await evaluate(
      loss,
      { centres },
      two,
      [0, 1],
      loss.init(2, 2, random).statistics,
    );
    expect(Number.isFinite(value)).toBe(true);
    return statistics.mean[0];
  };
  expect(await meanOf(99, 99)).toBeCloseTo(99, 3);
  expect(await meanOf(101, 5000)).toBeCloseTo(100, 3);
  expect(await meanOf(0.002, 0.002)).toBeCloseTo(0.002, 6);
  expect(await meanOf(0, 0.0001)).toBeCloseTo(0.001, 6);
});

test('adaface clips its angle at 0 and π or goes beyond them, depending on its option', async () => {
  // lengths far apart: the first is as bad as can be (its angle grows by m), the second as good (its angle shrinks by m)
  const at = (length: number, theta: number): number[] => [length * Math.cos(theta), length * Math.sin(theta)];
  const two = hostTensor([2, 2], Float32Array.from([...at(1, 3), ...at(90, 0.2)]));
  const centres = hostTensor([2, 2], Float32Array.of(1, 0, 0, 1));
  const lossOf = async (beyond: 'clip' | 'plain'): Promise<number> => {
    const loss = await make(adaFace({ s: 2, m: 0.4, h: 10, momentum: 0, beyond }));
    return (await evaluate(loss, { centres }, two, [0, 0], loss.init(2, 2, random).statistics)).loss;
  };
  const expected = (bad: number, good: number): number =>
    (crossEntropy([2 * bad, 2 * Math.sin(3)], 0) + crossEntropy([2 * (good - 0.8), 2 * Math.sin(0.2)], 0)) / 2;
  expect(await lossOf('clip')).toBeCloseTo(expected(-1, 1), 5);
  expect(await lossOf('plain')).toBeCloseTo(expected(Math.cos(3.4), Math.cos(-0.2)), 5);
});

test('adaface: two photos are enough to compute a deviation', async () => {
  const loss = await make(adaFace({ momentum: 0 }));
  const two = hostTensor([2, 2], Float32Array.of(97, 0, 99, 0));
  const centres = hostTensor([2, 2], Float32Array.of(1, 0, 0, 1));
  const { statistics } = await evaluate(loss, { centres }, two, [0, 1], loss.init(2, 2, random).statistics);
  expect(statistics.deviation[0]).toBeCloseTo(Math.SQRT2, 4);
});

test('sub-centre-arcface: before any use is counted, the first sub-centre represents the identity', async () => {
  const loss = await make(subCentreArcFace({ k: 2 }));
  const centres = hostTensor([2, 4], Float32Array.of(1, 0, -1, 0, 0, 1, 0, -1));
  for (const statistics of [undefined, {}])
    expect(loss.centres!({ centres }, statistics)).toEqual(hostTensor([2, 2], Float32Array.of(1, 0, 0, 1)));
});
