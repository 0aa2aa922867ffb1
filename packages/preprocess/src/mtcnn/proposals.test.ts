/**
 * Several faces on nets whose answers are made up: which cells of P-Net become which boxes, in which order and in which batches boxes go to
 * the next net, and which of overlapping ones stay. The arithmetic of a single box is tested in rules.test.ts.
 */
import { hostTensor, type Engine, type Executable, type Face, type HostTensors } from '@facewright/core';
import { describe, expect, test } from 'vitest';
import { noiseImage } from '../../test/support.js';
import { createMtcnn, type MtcnnSettings } from './detector.js';
import { WEIGHT_COUNT } from './layout.js';
import { answersOver, pyramidScales } from './pyramid.js';

const logit = (probability: number): number => Math.log(probability / (1 - probability));

describe('P-Net in bands', () => {
  /** A net whose answer for a cell is the first and the last number of the pixels that it sees. */
  function seeing() {
    const heights: number[] = [];
    const run = async ({ images }: HostTensors): Promise<HostTensors> => {
      const [, , lines, width] = images.shape;
      const [rows, columns] = [lines / 3, width].map((side) => Math.ceil((side - 2) / 2) - 4);
      heights.push(lines / 3);
      const data = new Float32Array(rows * columns * 5);
      for (let row = 0; row < rows; row++)
        for (let column = 0; column < columns; column++) {
          // the last cell of an odd side sees one pixel less
          const [bottom, right] = [Math.min(2 * row + 11, lines / 3 - 1), Math.min(2 * column + 11, width - 1)];
          data[(row * columns + column) * 5] = images.data[3 * 2 * row * width + 2 * column];
          data[(row * columns + column) * 5 + 4] = images.data[(3 * bottom + 2) * width + right];
        }
      return { answers: hostTensor([1, rows, columns, 5], data) };
    };
    return { net: { run } as unknown as Executable, heights };
  }
  /** Numbered pixels: no two are alike. */
  const numbered = (width: number, height: number) => ({
    width,
    height,
    values: Float32Array.from({ length: 3 * width * height }, (_, index) => index),
  });

  test.each([
    [40, 100],
    [41, 57],
    [33, 12],
    [12, 33],
    [13, 13],
    [30, 64],
  ])('%i × %i: every cell once, of its own pixels', async (width, height) => {
    // prettier-ignore
    const [rows, columns] = [Math.ceil((height - 2) / 2) - 4, Math.ceil((width - 2) / 2) - 4];
    const last = (side: number, cell: number): number => Math.min(2 * cell + 11, side - 1);
    for (const bandPixels of [1, width * 13, width * 20, width * height - 1, width * height, Infinity]) {
      const { net, heights } = seeing();
      let next = 0;
      for await (const band of answersOver(numbered(width, height), net, bandPixels)) {
        expect(band).toMatchObject({ row: next, columns });
        const own = band.answers.length / 5 / columns;
        for (let row = 0; row < own; row++)
          for (let column = 0; column < columns; column++) {
            const at = (row * columns + column) * 5;
            expect(band.answers[at]).toBe(3 * 2 * (next + row) * width + 2 * column);
            expect(band.answers[at + 4]).toBe((3 * last(height, next + row) + 2) * width + last(width, column));
          }
        next += own;
      }
      expect(next).toBe(rows);
      // as many bands as asked for, or one for each row of cells
      const bands = Math.ceil((width * height) / bandPixels) || 1;
      expect(heights.length).toBeLessThanOrEqual(Math.min(bands, rows));
      if (bands === 1) expect(heights).toEqual([height]);
      if (bandPixels === 1) expect(heights.length).toBe(rows);
      if (bandPixels >= width * 13) expect(Math.max(...heights) * width).toBeLessThanOrEqual(bandPixels + 13 * width);
    }
  });
});

interface Cell {
  readonly row: number;
  readonly column: number;
  readonly score: number;
  readonly offsets?: readonly number[];
}
/** What the nets answer: P-Net by the width of its image, the others by the number of the box. */
interface Answers {
  readonly cells: Readonly<Record<number, readonly Cell[]>>;
  readonly rnet?: (index: number) => number;
  readonly onet?: (index: number) => number;
}

function engineOf({ cells, rnet = () => 0.9, onet = () => 0.9 }: Answers) {
  const batches: Record<string, number[]> = { pnet: [], rnet: [], onet: [] };
  const compile: Engine['compile'] = (_, options) => {
    const name = options!.name!.slice('mtcnn/'.length);
    let seen = 0;
    const run = async ({ images }: HostTensors): Promise<HostTensors> => {
      const [count, , height, width] = images.shape;
      batches[name].push(count);
      if (name === 'pnet') {
        const [rows, columns] = [height / 3, width].map((side) => Math.ceil((side - 2) / 2) - 4);
        const data = new Float32Array(rows * columns * 5).fill(-20);
        for (const { row, column, score, offsets = [0, 0, 0, 0] } of cells[width] ?? [])
          data.set([logit(score), ...offsets], (row * columns + column) * 5);
        return { answers: hostTensor([1, rows, columns, 5], data) };
      }
      const size = name === 'rnet' ? 5 : 15;
      const data = new Float32Array(count * size);
      for (let i = 0; i < count; i++) data[i * size] = logit((name === 'rnet' ? rnet : onet)(seen++));
      return { answers: hostTensor([count, size], data) };
    };
    return { run, dispose: () => {} } as unknown as Executable;
  };
  return { engine: { name: 'made up', compile } as unknown as Engine, batches };
}

const plainSettings: MtcnnSettings = { minFace: 12, factor: 0.5, thresholds: [0.6, 0.7, 0.7], rounding: 'none' };
const weights = { numbers: new Float32Array(WEIGHT_COUNT), sha256: '0'.repeat(64), source: 'made up' };
async function facesOf(answers: Answers, settings: Partial<MtcnnSettings> = {}, side = 100) {
  const { engine, batches } = engineOf(answers);
  const detector = createMtcnn(engine, weights, { ...plainSettings, ...settings });
  const faces = await detector.detect(noiseImage(side, side, 1));
  return { faces, batches };
}
const boxesOf = (faces: readonly Face[]): number[][] => faces.map(({ box }) => [box.x, box.y, box.width, box.height]);

test('the scales of the pyramid', () => {
  expect(pyramidScales(100, 100, 12, 0.5)).toEqual([1, 0.5, 0.25, 0.125]);
  expect(pyramidScales(48, 1000, 24, 0.5)).toEqual([0.5, 0.25]);
  expect(pyramidScales(1000, 48, 24, 0.5)).toEqual([0.5, 0.25]);
});

describe.each(['0.1', '1.0'] as const)('rules %s', (rules) => {
  const found = (answers: Answers, more: Partial<MtcnnSettings> = {}, side?: number) =>
    facesOf(answers, { rules, ...more }, side);

  test('a cell is where it is in the image, 2 pixels apart, at the scale of its level', async () => {
    const { faces, batches } = await found({
      cells: {
        100: [{ row: 0, column: 0, score: 0.95 }, { row: 20, column: 30, score: 0.9 }], // prettier-ignore
        50: [{ row: 3, column: 15, score: 0.85 }],
      },
      rnet: (index) => 0.9 - index / 100,
      onet: (index) => 0.9 - index / 100,
    });
    // rules 1.0 leave out levels whose images are near the cell's size
    expect(batches.pnet).toHaveLength(rules === '0.1' ? 4 : 2);
    // x1 = 2 c + 1, x2 = 2 c + 12, in units of the scale
    expect(boxesOf(faces)).toEqual([
      [1, 1, 11, 11],
      [61, 41, 11, 11],
      [62, 14, 22, 22],
    ]);
    for (const [index, { confidence }] of faces.entries()) expect(confidence).toBeCloseTo(0.9 - index / 100, 6);
  });

  test('offsets belong to their cell, and are shares of its side', async () => {
    const { faces } = await found({
      cells: { 100: [{ row: 4, column: 6, score: 0.9, offsets: [1, 2, 1, 2] }, { row: 30, column: 30, score: 0.8 }] }, // prettier-ignore
    });
    expect(boxesOf(faces)).toEqual([
      [13 + 11, 9 + 22, 11, 11],
      [61, 61, 11, 11],
    ]);
  });

  test('thresholds are the least probabilities: a score must be above that of R- and O-Net', async () => {
    const cells = { 100: [{ row: 4, column: 6, score: 0.9 }] };
    const { faces } = await found({ cells, rnet: () => 0.71, onet: () => 0.72 });
    expect(faces).toHaveLength(1);
    const even = { thresholds: [0.5, 0.5, 0.5] as const };
    const half = (answers: Partial<Answers>) => found({ cells, ...answers }, even);
    expect((await half({ rnet: () => 0.5 })).faces).toHaveLength(0);
    expect((await half({ onet: () => 0.5 })).faces).toHaveLength(0);
    // P-Net's in rules 0.1 need only be reached
    const reached = { 100: [{ row: 4, column: 6, score: 0.5 }] };
    expect((await half({ cells: reached })).faces).toHaveLength(rules === '0.1' ? 1 : 0);
  });

  test('of boxes of one level that share more than half of their union, the best stays', async () => {
    // two cells apart: 12 − 4 of 12 pixels in each direction
    const near = [{ row: 10, column: 10, score: 0.8 }, { row: 10, column: 11, score: 0.9 }, { row: 10, column: 13, score: 0.85 }]; // prettier-ignore
    const { faces, batches } = await found({ cells: { 100: near } });
    expect(batches.rnet).toEqual([2]);
    expect(boxesOf(faces).map(([x]) => x)).toEqual([23, 27]);
  });

  test('of boxes of different levels, it is more than 0.7; after O-Net, 0.7 of the smaller one', async () => {
    // the box of the second level is 22 pixels wide, that of the first 11 pixels within
    const { faces, batches } = await found({
      cells: { 100: [{ row: 10, column: 10, score: 0.8 }], 50: [{ row: 4, column: 4, score: 0.9 }] },
      rnet: (index) => 0.9 - index / 100,
      onet: (index) => 0.9 - index / 10,
    });
    expect(batches.rnet).toEqual([2]);
    expect(batches.onet).toEqual([2]);
    expect(boxesOf(faces)).toEqual([[18, 18, 22, 22]]);
    // rules 1.0 compare boxes that are moved by their offsets, rules 0.1 as they were: 21 … 43 and 22 … 44, or 21 … 32 and 22 … 44
    const twice = await found({
      cells: { 100: [{ row: 10, column: 10, score: 0.8, offsets: [0, 0, 1, 1] }], 50: [{ row: 5, column: 5, score: 0.9 }] }, // prettier-ignore
    });
    expect(twice.batches.rnet).toEqual([rules === '0.1' ? 2 : 1]);
  });

  test('many boxes go to the nets in batches, and each gets its own answer', async () => {
    const cells: Cell[] = [];
    for (let row = 0; row < 13; row++)
      for (let column = 0; column < 13; column++) cells.push({ row: 4 * row, column: 4 * column, score: 0.7 + (13 * row + column) / 1000 }); // prettier-ignore
    const passes = (index: number): boolean => index % 3 !== 1;
    const { faces, batches } = await found(
      { cells: { 120: cells }, rnet: (index) => (passes(index) ? 0.9 : 0.1), onet: (index) => 0.75 + index / 1000 },
      {},
      120,
    );
    const total = (counts: number[]): number => counts.reduce((sum, count) => sum + count, 0);
    expect(total(batches.rnet)).toBe(169);
    expect(total(batches.onet)).toBe(113);
    expect(Math.max(...batches.rnet)).toBe(rules === '0.1' ? 16 : 128);
    expect(Math.max(...batches.onet)).toBe(rules === '0.1' ? 4 : 113);
    // best first after P-Net; those of equal scores after R-Net stay in order, or are reversed by rules 1.0
    const ranked = cells.toReversed().filter((_, index) => passes(index));
    if (rules === '1.0') ranked.reverse();
    const expected = ranked.toReversed().map(({ row, column }) => [2 * column + 1, 2 * row + 1]);
    expect(faces.map(({ box }) => [box.x, box.y])).toEqual(expected);
  });

  test('the photo may be wider than high, or higher than wide', async () => {
    for (const [width, height] of [
      [120, 60],
      [60, 120],
    ]) {
      const { engine } = engineOf({ cells: { [width]: [{ row: 10, column: 20, score: 0.9 }] } });
      const detector = createMtcnn(engine, weights, { ...plainSettings, rules });
      expect(boxesOf(await detector.detect(noiseImage(width, height, 1)))).toEqual([[41, 21, 11, 11]]);
    }
  });
});

test('by rules 0.1 equal scores are taken column by column, and boxes outside the photo are left out', async () => {
  const cells: Cell[] = [{ row: 2, column: 30, score: 0.8 }, { row: 20, column: 2, score: 0.8 }, { row: 2, column: 2, score: 0.8 }]; // prettier-ignore
  const { faces } = await facesOf({ cells: { 100: cells } });
  expect(faces.map(({ box }) => [box.x, box.y])).toEqual([[5, 5], [5, 41], [61, 5]]); // prettier-ignore
  const { batches } = await facesOf({
    cells: { 100: [{ ...cells[0], offsets: [9, 0, 9, 0] }, { ...cells[1], offsets: [0, 9, 0, 9] }, cells[2]] },
  });
  expect(batches.rnet).toEqual([1]);
});

test('one photo at a time: a second one waits for the first, also if that fails', async () => {
  let under = 0;
  let most = 0;
  let failing = true;
  const { engine } = engineOf({ cells: { 100: [{ row: 2, column: 2, score: 0.9 }] } });
  const compile: Engine['compile'] = (...args) => {
    const net = engine.compile(...args);
    const run: Executable['run'] = async (...input) => {
      most = Math.max(most, ++under);
      await new Promise((resolve) => setTimeout(resolve, 1));
      under--;
      if (failing) throw new Error('lost');
      return net.run(...input);
    };
    return { ...net, run } as Executable;
  };
  const detector = createMtcnn({ ...engine, compile }, weights, plainSettings);
  const photos = [1, 2, 3].map((seed) => noiseImage(100, 100, seed));
  const failed = await Promise.allSettled(photos.map((photo) => detector.detect(photo)));
  expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  failing = false;
  const found = await Promise.all(photos.map((photo) => detector.detect(photo)));
  expect(found.map(({ length }) => length)).toEqual([1, 1, 1]);
  expect(most).toBe(1);
});
