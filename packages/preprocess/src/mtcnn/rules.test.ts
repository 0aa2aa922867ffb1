/**
 * The rules of MTCNN on nets whose answers are made up: one proposal goes through all three, and every number after it is worked out by hand from
 * the Python packages' formulas. What real nets find is tested on photos.
 */
import {
  hostTensor,
  landmarkPoints,
  type Engine,
  type Executable,
  type Face,
  type HostTensors,
} from '@facewright/core';
import { testContext } from '@facewright/testkit';
import { describe, expect, test } from 'vitest';
import { mtcnnWith } from './plugin-with.js';

type Rules = '0.1' | '1.0';
interface Answers {
  /** Probabilities of a face after P-, R- and O-Net. */
  readonly scores: readonly [number, number, number];
  readonly offsets?: readonly (readonly number[])[];
  readonly xs?: readonly number[];
  readonly ys?: readonly number[];
}

const SIDE = 24;
const ZEROS = [0, 0, 0, 0];
/** Moves a corner after each net. */
const OFFSETS = [
  [0.1, 0, 0, 0.2],
  [0, 0, -0.1, 0],
  [0.45, 0, 0, -0.1],
];
const logit = (probability: number): number => Math.log(probability / (1 - probability));

/** An engine whose nets see a face in the first cell of P-Net, and answer `answers`. */
function engineOf({ scores, offsets = [ZEROS, ZEROS, ZEROS], xs = [0, 0, 0, 0, 0], ys = xs }: Answers) {
  const asked: Record<string, HostTensors['x'][]> = {};
  let disposed = 0;
  const compile: Engine['compile'] = (_, options) => {
    const name = options!.name!.slice('mtcnn/'.length);
    const net = ['pnet', 'rnet', 'onet'].indexOf(name);
    const answer = [logit(scores[net]), ...offsets[net], ...(net === 2 ? [...xs, ...ys] : [])];
    const run = async ({ images }: HostTensors): Promise<HostTensors> => {
      (asked[name] ??= []).push({ ...images, data: images.data.slice() });
      if (net > 0) {
        const count = images.shape[0];
        const data = Float32Array.from({ length: count * answer.length }, (_, i) => answer[i % answer.length]);
        return { answers: hostTensor([count, answer.length], data) };
      }
      const [rows, columns] = [images.shape[2] / 3, images.shape[3]].map((side) => Math.ceil((side - 2) / 2) - 4);
      const data = new Float32Array(rows * columns * 5).fill(-20);
      data.set(answer);
      return { answers: hostTensor([1, rows, columns, 5], data) };
    };
    return { run, dispose: () => disposed++ } as unknown as Executable;
  };
  const engine = { name: 'made up', device: 'none', compile, dispose: async () => {} } as unknown as Engine;
  return { engine, asked, disposed: () => disposed };
}

async function open(answers: Answers, options: object = {}) {
  const made = engineOf(answers);
  const weights = { numbers: new Float32Array(495_850), sha256: '0123456789abcdef0123', source: 'made up' };
  const plugin = mtcnnWith(async () => ({ weights, reasons: [] }) as never);
  const detector = await plugin(options as never).create(testContext({ engine: () => made.engine }));
  return { ...made, detector };
}
const plain = { width: SIDE, height: SIDE, data: new Uint8Array(SIDE * SIDE * 3).fill(200) };
async function detect(answers: Answers, options?: object): Promise<Face[]> {
  const { detector } = await open(answers, options);
  return detector.detect(plain);
}

describe.each<[Rules, number]>([
  ['0.1', 0.7],
  ['1.0', 0.8],
])('the thresholds of rules %s', (rules, last) => {
  const found = async (scores: Answers['scores'], thresholds?: number[]): Promise<number> =>
    (await detect({ scores }, { rules, ...(thresholds && { thresholds }) })).length;

  test('are by default 0.6, 0.7 and, for the last net, the value of the package', async () => {
    expect(await found([0.61, 0.71, last + 0.01])).toBe(1);
    expect(await found([0.59, 0.71, last + 0.01])).toBe(0);
    expect(await found([0.61, 0.69, last + 0.01])).toBe(0);
    expect(await found([0.61, 0.71, last - 0.01])).toBe(0);
    const { detector } = await open({ scores: [0.9, 0.9, 0.9] }, { rules });
    expect(detector.fingerprint).toContain(`mtcnn-${rules} min-face=20 factor=0.709 thresholds=0.6,0.7,${last} `);
    expect(detector.fingerprint).toContain('weights=0123456789abcdef');
  });

  test('can be set for each net separately', async () => {
    expect(await found([0.21, 0.31, 0.41], [0.2, 0.3, 0.4])).toBe(1);
    expect(await found([0.19, 0.31, 0.41], [0.2, 0.3, 0.4])).toBe(0);
    expect(await found([0.21, 0.29, 0.41], [0.2, 0.3, 0.4])).toBe(0);
    expect(await found([0.21, 0.31, 0.39], [0.2, 0.3, 0.4])).toBe(0);
  });
});

const SHARES = { xs: [0.2, 0.4, 0.6, 0.8, 1], ys: [0.1, 0.3, 0.5, 0.7, 0.9] };
const answers: Answers = { scores: [0.9, 0.8, 0.95], offsets: OFFSETS, ...SHARES };
const expectPoints = (face: Face, xs: number[], ys: number[]): void =>
  landmarkPoints(face.landmarks).forEach(([x, y], index) => {
    expect(x).toBeCloseTo(xs[index], 4);
    expect(y).toBeCloseTo(ys[index], 4);
  });

describe('rules 0.1', () => {
  // P-Net's cell is 1 … 20 in the photo (scale 0.6). Its offsets are shares of 19: 2.9, 1 … 20, 23.8; the square around it cut down: 0, 1 … 22, 23.
  // R-Net's are shares of 23: to 19.7; the square cut down: −1, 1 … 20, 23. O-Net's are shares of 22 and 23.
  const box = { x1: -1 + 0.45 * 22, y1: 1, x2: 20, y2: 23 - 0.1 * 23 };
  const [xs, ys] = [SHARES.xs.map((share) => 22 * share - 1 - 1), SHARES.ys.map((share) => 23 * share + 1 - 1)];

  test('as the nets return them', async () => {
    const [face] = await detect(answers, { rounding: 'none' });
    expect(face.confidence).toBeCloseTo(0.95, 6);
    expect(face.box.x).toBeCloseTo(box.x1, 4);
    expect(face.box.y).toBeCloseTo(box.y1, 4);
    expect(face.box.width).toBeCloseTo(box.x2 - box.x1, 4);
    expect(face.box.height).toBeCloseTo(box.y2 - box.y1, 4);
    expectPoints(face, xs, ys);
  });

  test('truncated to whole pixels, with the corner at 0 or above', async () => {
    const [face] = await detect(answers);
    expect(face.box).toEqual({ x: 8, y: 1, width: 12, height: 19 });
    expectPoints(face, xs.map(Math.trunc), ys.map(Math.trunc));
    const [outside] = await detect({ ...answers, offsets: [...OFFSETS.slice(0, 2), [-0.5, -0.5, 0, 0]] });
    expect(outside.box).toEqual({ x: 0, y: 0, width: 20, height: 23 });
  });

  test('the nets get the pixels as (v − 127.5) / 128, and are disposed with the detector', async () => {
    const { detector, asked, disposed } = await open(answers);
    await detector.detect(plain);
    expect(asked.pnet.map(({ shape }) => shape)).toEqual([[1, 1, 45, 15]]);
    expect(asked.rnet.map(({ shape }) => shape)).toEqual([[1, 3, 24, 24]]);
    expect(asked.onet.map(({ shape }) => shape)).toEqual([[1, 3, 48, 48]]);
    for (const value of [...asked.pnet[0].data, asked.rnet[0].data[24 * 12 + 12], asked.onet[0].data[48 * 24 + 24]])
      expect(value).toBeCloseTo(72.5 / 128, 5);
    detector.dispose?.();
    expect(disposed()).toBe(3);
  });
});

describe('rules 1.0', () => {
  // nothing is cut between the nets: P-Net 3.5, 1.67 … 20, 23.67, its square 0.75 … 22.75; R-Net to 20.45, its square −0.4 … 21.6
  const [top, bottom] = [1 / 0.6, 14.2 / 0.6];
  const [x1, x2] = [-0.4 + 0.45 * 23, 21.6];
  const y2 = bottom - 0.1 * 23;
  const [xs, ys] = [SHARES.xs.map((share) => 23 * share - 0.4 - 1), SHARES.ys.map((share) => 23 * share + top - 1)];

  test('as the nets return them', async () => {
    const [face] = await detect(answers, { rules: '1.0', rounding: 'none' });
    expect(face.confidence).toBeCloseTo(0.95, 6);
    expect(face.box.x).toBeCloseTo(x1, 4);
    expect(face.box.y).toBeCloseTo(top, 4);
    expect(face.box.width).toBeCloseTo(x2 - x1, 4);
    expect(face.box.height).toBeCloseTo(y2 - top, 4);
    expectPoints(face, xs, ys);
  });

  test('rounded to whole pixels and clipped to the photo', async () => {
    const [face] = await detect(answers, { rules: '1.0' });
    expect(face.box).toEqual({ x: 10, y: 2, width: 12, height: 20 });
    expectPoints(face, xs.map(Math.round), ys.map(Math.round));
    const [outside] = await detect(
      { ...answers, offsets: [...OFFSETS.slice(0, 2), [-0.5, -0.5, 0.5, 0.5]] },
      { rules: '1.0' },
    );
    expect(outside.box).toEqual({ x: 0, y: 0, width: 23, height: 23 });
  });

  test('the nets get the pixels as (v − 127.5) / 128, and zeros outside the photo', async () => {
    const { detector, asked } = await open(answers, { rules: '1.0' });
    await detector.detect(plain);
    expect(asked.pnet.map(({ shape }) => shape)).toEqual([[1, 1, 42, 14]]);
    for (const value of asked.pnet[0].data) expect(value).toBeCloseTo(72.5 / 128, 5);
    const inside = asked.onet[0].data.filter((value) => Math.abs(value - 72.5 / 128) < 1e-4).length;
    const outside = asked.onet[0].data.filter((value) => value === 0).length;
    expect(inside + outside).toBe(3 * 48 * 48);
    expect(outside).toBe(3 * 48); // the column left of the photo: the square begins at −0.4
  });
});

test('by rules 1.0 a photo is shrunk by areas and cropped between its pixels: a plane of brightness stays one', async () => {
  const plane = (x: number, y: number, channel: number): number => 10 + 2 * x + 5 * y + 20 * channel;
  const data = Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) =>
    plane(Math.floor(i / 3) % SIDE, Math.floor(i / 3 / SIDE), i % 3),
  );
  const { detector, asked } = await open(answers, { rules: '1.0' });
  await detector.detect({ width: SIDE, height: SIDE, data });
  const normalised = (value: number): number => (value - 127.5) / 128;

  // P-Net's pixel is the mean of the photo's pixels, each by how much of it is covered: on a plane the value at their mean place
  const step = SIDE / 14;
  const covered = (pixel: number, index: number): number =>
    Math.max(0, Math.min(pixel + 1, (index + 1) * step) - Math.max(pixel, index * step));
  const centre = (index: number): number =>
    Array.from({ length: SIDE }, (_, pixel) => pixel * covered(pixel, index)).reduce((sum, part) => sum + part, 0) /
    step;
  for (let y = 0; y < 14; y++)
    for (let channel = 0; channel < 3; channel++)
      for (let x = 0; x < 14; x++)
        expect(asked.pnet[0].data[(y * 3 + channel) * 14 + x]).toBeCloseTo(
          normalised(plane(centre(x), centre(y), channel)),
          4,
        );

  // corners of the box lie on the centres of the corner pixels, in shares of the photo: x from −0.4 to 21.6, y from 1.67 to 23.67
  const along = (from: number, to: number, index: number): number =>
    ((from + ((to - from) * index) / 47) / SIDE) * (SIDE - 1);
  for (let y = 0; y < 48; y++)
    for (let channel = 0; channel < 3; channel++)
      for (let x = 0; x < 48; x++) {
        const [at, down] = [along(-0.4, 21.6, x), along(1 / 0.6, 14.2 / 0.6, y)];
        const expected = at < 0 ? 0 : normalised(plane(at, down, channel));
        expect(asked.onet[0].data[(channel * 48 + y) * 48 + x], `${x}, ${y}`).toBeCloseTo(expected, 4);
      }
});

test.each<Rules>(['0.1', '1.0'])(
  'a photo that is one cell at the first scale is looked at once (rules %s)',
  async (rules) => {
    const { detector, asked } = await open(answers, { rules, minFace: 48 });
    await detector.detect({ width: 48, height: 48, data: new Uint8Array(48 * 48 * 3) });
    expect(asked.pnet.map(({ shape }) => shape)).toEqual([[1, 1, 36, 12]]);
  },
);

test.each<Rules>(['0.1', '1.0'])('a photo smaller than one cell has no face (rules %s)', async (rules) => {
  const { detector, asked } = await open(answers, { rules });
  const small = { width: 19, height: 40, data: new Uint8Array(19 * 40 * 3) };
  expect(await detector.detect(small)).toEqual([]);
  expect(asked).toEqual({});
});
