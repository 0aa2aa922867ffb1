/** The networks in whole blocks of channels give the answers of the plain ones, whatever the slopes are that their rewriting depends on. */
import { wasm } from '@facewright/backend-wasm';
import { createRandom, hostTensor, type Engine, type HostTensor, type HostTensors } from '@facewright/core';
import { openEngine } from '@facewright/testkit';
import { beforeAll, describe, expect, test } from 'vitest';
import { blockedNet } from './blocked-nets.js';
import { netTensors, WEIGHT_COUNT, type NetName } from './layout.js';
import { compileNets } from './nets.js';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine(wasm());
});

const random = createRandom('blocked nets');
const normal = (shape: readonly number[], deviation: number, purpose: string): HostTensor => {
  const draw = random.fork(purpose);
  const length = shape.reduce((product, size) => product * size, 1);
  return hostTensor(
    shape,
    Float32Array.from({ length }, () => deviation * draw.normal()),
  );
};

/** Slopes of each convolution, in turn. */
type Slopes = readonly (readonly number[])[];
/** Random weights of a size that keeps the answers near 1. */
function published(name: NetName, slopes: Slopes): HostTensors {
  const { [name]: shapes } = netTensors(new Float32Array(WEIGHT_COUNT));
  return Object.fromEntries(
    Object.entries(shapes).map(([key, { shape }]) => {
      const layer = /^conv(\d)\/slopes$/.exec(key);
      if (layer) {
        const own = slopes[Number(layer[1]) - 1];
        return [
          key,
          hostTensor(
            shape,
            Float32Array.from({ length: shape[0] }, (_, index) => own[index % own.length]),
          ),
        ];
      }
      const inputs = shape.slice(0, -1).reduce((product, size) => product * size, 1);
      return [key, normal(shape, key.endsWith('kernel') ? Math.sqrt(2 / inputs) : 0.3, `${name} ${key}`)];
    }),
  );
}
const IMAGES: Readonly<Record<NetName, HostTensor>> = {
  pnet: normal([1, 1, 3 * 19, 16], 1, 'pnet images'),
  rnet: normal([2, 3, 24, 24], 1, 'rnet images'),
  onet: normal([2, 3, 48, 48], 1, 'onet images'),
};
async function answersIn(layout: Engine['layout'], name: NetName, slopes: Slopes): Promise<HostTensor> {
  const tensors = { ...netTensors(new Float32Array(WEIGHT_COUNT)), [name]: published(name, slopes) };
  // the others have slopes of 0 and are compiled alongside
  const nets = compileNets({ ...engine, layout }, tensors);
  const { answers } = await nets[name].run({ images: IMAGES[name] });
  for (const net of Object.values(nets)) net.dispose();
  return answers;
}

const gentle = [0.25, 0, 0.7, 1];
const falling = [-0.3, 0.2, -1.2, 0.6];
const steep = [1.5, 0.3, -0.4, 2];
describe.each<[NetName, string, Slopes]>([
  ['pnet', 'no slope falls', [[0.2, 1.7, 0, 1], steep, gentle]],
  ['pnet', 'few slopes fall', [[-0.5, 0.2, 1.3, 0.4, 0, -0.1, 0.9, 0.6, 1, 0.1], falling, falling]],
  [
    'pnet',
    'as many fall as blocks have room for',
    [[-0.1, -0.2, -0.3, -0.4, -0.5, -0.6, 1.4, 0.6, 0, 1], steep, gentle],
  ],
  ['rnet', 'few slopes fall', [[-0.5, 0.2, 1.3, 0.4, 0, 0.3, 0.9], gentle, falling]],
  ['rnet', 'many slopes fall', [[-0.5, 0.2, 0.3, 0.4], falling, gentle]],
  ['onet', 'no slope falls', [[0.2, 1.7, 0, 1], gentle, falling, gentle]],
  ['onet', 'some slopes fall, others are steep', [[-0.2, 1.7, 0.3, 0.6, 0.1, 1.2, 0.4, 0.5], falling, gentle, falling]],
])('%s where %s', (name, _, slopes) => {
  test('blocked as plain', async () => {
    const [plain, blocked] = [await answersIn(undefined, name, slopes), await answersIn('planes', name, slopes)];
    expect(blocked.shape).toEqual(plain.shape);
    const largest = Math.max(...Array.from(plain.data, Math.abs));
    expect(largest).toBeGreaterThan(0.1);
    blocked.data.forEach((value, index) => expect(Math.abs(value - plain.data[index])).toBeLessThan(1e-4 * largest));
  });
});

test('every channel lies in a whole block', () => {
  for (const slopes of [
    [gentle, gentle, gentle],
    [falling, gentle, gentle],
  ])
    // prettier-ignore
    for (const [name, { shape }] of Object.entries(blockedNet('rnet', published('rnet', slopes)).state))
      if (/^conv\d.*kernel$/.test(name)) expect(shape[3] % 16, name).toBe(0);
});

test('slopes above 1 where a pooling would turn them round, or nothing follows, are refused', () => {
  expect(() => blockedNet('rnet', published('rnet', [gentle, steep, gentle]))).toThrow(/conv2: a slope above 1/);
  expect(() => blockedNet('onet', published('onet', [gentle, gentle, steep, gentle]))).toThrow(
    /conv3: a slope above 1/,
  );
  expect(() => blockedNet('pnet', published('pnet', [gentle, gentle, steep]))).toThrow(/last convolution of pnet/);
  const early = [-0.1, -0.2, -0.3, -0.4, -0.5, -0.6, -0.7, -0.8, 1.2, 1.3];
  expect(() => blockedNet('pnet', published('pnet', [early, gentle, gentle]))).toThrow(/conv1: a slope above 1/);
});
