/** Every kernel against its plain implementation, value by value. */
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { createRandom } from '@facewright/core';
import { noiseImage } from '../../test/support.js';
import { plainWarp, warp } from '../align/warp.js';
import { GaussianNoise, levelTable, plainNoise } from '../augment/gaussian-noise.js';
import { createOpening, plainOpening } from '../augment/opening.js';
import { createSaltAndPepper, plainStrike } from '../augment/salt-and-pepper.js';
import { cropWindow } from '../mtcnn/boxes.js';
import { createPixelMaker, plainPixels } from '../mtcnn/photo-pixels.js';
import { Kernels, SLACK } from './module.js';

/** Compares byte by byte; vitest's own comparison of long arrays is slow. */
const same = (ours: ArrayBufferView, plain: ArrayBufferView): void => {
  const [a, b] = [ours, plain].map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength));
  expect(a.length).toBe(b.length);
  expect(a.equals(b)).toBe(true);
};

const side = fc.integer({ min: 1, max: 90 });
const seed = fc.integer({ min: 0, max: 1000 });
const random = (of: number) => createRandom(of);

describe('where the kernels run they are used, so that the tests below compare two things; where not, the plain code', () => {
  const image = noiseImage(60, 50, 1);
  const shrunk = [{ width: 37, height: 31 }];
  const users: Record<string, () => ArrayBufferView> = {
    warp: () => warp(image, { a: 1.1, b: 0.2, tx: 3, ty: 4 }, 20).data,
    opening: () => createOpening(3).augment(image, random(1)).data,
    'Gaussian noise': () => new GaussianNoise({ mean: 0, variance: 0.01 }).augment(image, random(1)).data,
    'salt and pepper': () => createSaltAndPepper(0.3, 0.5).augment(image, random(1)).data,
    levels: () => [...createPixelMaker()(image).levels(shrunk)][0].values,
    crops: () => createPixelMaker()(image).crops([cropWindow({ x1: 5, y1: 5, x2: 40, y2: 40, score: 1 }, 60, 50)!], 24),
  };

  test.each(Object.keys(users))('%s', (name) => {
    const room = vi.spyOn(Kernels.prototype, 'room');
    const missing = () => undefined;
    try {
      const fast = users[name]();
      expect(room).toHaveBeenCalled();
      vi.spyOn(Kernels, 'open').mockImplementation(missing);
      vi.spyOn(Kernels, 'forOneCall').mockImplementation(missing);
      room.mockClear();
      same(users[name](), fast);
      expect(room).not.toHaveBeenCalled();
    } finally {
      vi.restoreAllMocks();
    }
  });
});

test('blocks of their memory begin at multiples of 16, leave the slack behind the one before, and are free again after a reset', () => {
  const kernels = Kernels.open()!;
  const size = kernels.byteLength;
  const [one, two] = [kernels.put(Uint8Array.of(1, 2, 3)), kernels.put(Float64Array.of(4, 5))];
  expect([one % 16, two % 16]).toEqual([0, 0]);
  expect(two - one).toBeGreaterThanOrEqual(3 + SLACK);
  const mark = kernels.mark();
  const large = kernels.room(size);
  expect(large).toBeGreaterThanOrEqual(two + 16);
  expect(kernels.byteLength).toBeGreaterThanOrEqual(large + size);
  expect(kernels.byteLength).toBeLessThan(large + size + 2 * 65536);
  kernels.bytes().fill(9, large, large + size);
  const taken = kernels.take(one, 3);
  kernels.bytes().fill(0, one, one + 3);
  expect([...taken]).toEqual([1, 2, 3]);
  expect([...kernels.floats(large, 2)]).toEqual([...new Float32Array(Uint8Array.from({ length: 8 }, () => 9).buffer)]);
  kernels.reset(mark);
  const grown = kernels.byteLength;
  expect(kernels.room(16)).toBe(large);
  kernels.reset();
  expect(kernels.room(16)).toBe(one);
  expect(kernels.byteLength).toBe(grown);
  expect(kernels.put(Int16Array.of(7))).toBeLessThan(large);
});

test('warp', () => {
  const number = (min: number, max: number) => fc.double({ min, max, noNaN: true });
  fc.assert(
    fc.property(
      side,
      side,
      seed,
      number(-3, 3),
      number(-3, 3),
      number(-200, 200),
      number(-200, 200),
      fc.integer({ min: 1, max: 60 }),
      (width, height, of, a, b, tx, ty, size) => {
        const image = noiseImage(width, height, of);
        const similarity = { a, b, tx, ty };
        same(warp(image, similarity, size).data, plainWarp(image, similarity, size).data);
      },
    ),
    { numRuns: 300 },
  );
  const [image, far] = [noiseImage(20, 20, 1), { a: 1e7, b: 3, tx: 5, ty: 1e9 }];
  expect(warp(image, far, 16)).toEqual(plainWarp(image, far, 16));
});

test('opening', () => {
  fc.assert(
    fc.property(side, side, seed, fc.integer({ min: 0, max: 6 }), (width, height, of, reach) => {
      const image = noiseImage(width, height, of);
      same(createOpening(2 * reach + 1).augment(image, random(1)).data, plainOpening(image, reach));
    }),
  );
});

test('noises', () => {
  fc.assert(
    fc.property(
      side,
      side,
      seed,
      fc.double({ min: -0.5, max: 0.5, noNaN: true }),
      fc.double({ min: 0, max: 0.2, noNaN: true }),
      (width, height, of, mean, share) => {
        const image = noiseImage(width, height, of);
        const table = levelTable(255 * mean, 255 * Math.sqrt(share));
        same(
          new GaussianNoise({ mean, variance: share }).augment(image, random(of)).data,
          plainNoise(image.data, table, random(of)),
        );
        const struck = Math.round(5 * share * 2 ** 32);
        same(
          createSaltAndPepper(5 * share, 0.25).augment(image, random(of)).data,
          plainStrike(image.data, Math.min(struck, 2 ** 32 - 1), Math.round(1.25 * share * 2 ** 32), random(of)),
        );
      },
    ),
    { numRuns: 40 },
  );
});

describe('what the networks see', () => {
  const pixelsOf = createPixelMaker();

  const size = fc.record({ width: side, height: side });

  test.each([undefined, 20_000])('the photo at several scales, up to %s bytes of them at once', (together) => {
    const pixelsOf = createPixelMaker(together);
    fc.assert(
      fc.property(side, side, fc.array(size, { minLength: 1, maxLength: 6 }), seed, (width, height, sizes, of) => {
        const image = noiseImage(width, height, of);
        const plain = [...plainPixels(image).levels(sizes)];
        let number = 0;
        for (const level of pixelsOf(image).levels(sizes)) {
          expect([level.width, level.height]).toEqual([sizes[number].width, sizes[number].height]);
          same(level.values, plain[number++].values);
        }
        expect(number).toBe(sizes.length);
      }),
      { numRuns: 200 },
    );
  });

  test('crops, including some that extend outside', () => {
    const corner = fc.integer({ min: -40, max: 90 });
    fc.assert(
      fc.property(
        side,
        side,
        fc.array(fc.tuple(corner, corner, side, fc.boolean()), { minLength: 1, maxLength: 5 }),
        seed,
        (width, height, boxes, of) => {
          const image = noiseImage(width, height, of);
          const windows = boxes.flatMap(
            ([x, y, size, square]) =>
              cropWindow(
                { x1: x, y1: y, x2: x + size, y2: y + (square ? size : Math.ceil(size / 2)), score: 1 },
                width,
                height,
              ) ?? [],
          );
          fc.pre(windows.length > 0);
          for (const to of [24, 48]) same(pixelsOf(image).crops(windows, to), plainPixels(image).crops(windows, to));
        },
      ),
      { numRuns: 200 },
    );
  });

  test("large crops, and some many times wider than the network's input", () => {
    const image = noiseImage(1300, 400, 3);
    const boxes = [
      [5, 5, 300, 300],
      [-200, -100, 700, 700],
      [100, 20, 480, 480],
      [0, 0, 1290, 1290],
      [900, 300, 999, 1000],
      [0, -3000, 9000, 9000],
    ];
    const windows = boxes.flatMap(
      ([x, y, width, height]) => cropWindow({ x1: x, y1: y, x2: x + width, y2: y + height, score: 1 }, 1300, 400) ?? [],
    );
    expect(windows.length).toBe(boxes.length);
    for (const to of [24, 48]) same(pixelsOf(image).crops(windows, to), plainPixels(image).crops(windows, to));
  });

  test('more sizes of crops than have room together, and one whose tables have no room at all, are right each time', () => {
    const image = noiseImage(600, 60, 4);
    const windowOf = (width: number, height: number) =>
      cropWindow({ x1: 1, y1: 1, x2: width, y2: height, score: 1 }, 600, 60)!;
    const windows = Array.from({ length: 130 }, (_, index) => windowOf(401 + index, 30 + (index % 7)));
    const huge = windowOf(300_000, 30);
    const pixels = pixelsOf(image);
    for (const some of [windows.slice(0, 3), [huge], windows, windows, [huge, windows[1], huge], windows.slice(0, 9)])
      same(pixels.crops(some, 24), plainPixels(image).crops(some, 24));
  });

  test('photos of usual size share one memory', () => {
    const open = vi.spyOn(Kernels, 'open');
    try {
      const pixelsOf = createPixelMaker();
      for (let i = 0; i < 3; i++)
        [...pixelsOf(noiseImage(80, 60, i)).levels([{ width: 37, height: 31 }])].forEach(({ values }) => values.length);
      expect(open).toHaveBeenCalledTimes(1);
    } finally {
      open.mockRestore();
    }
  });

  test('two photos in turn do not affect each other', () => {
    const [one, other] = [noiseImage(80, 60, 1), noiseImage(70, 90, 2)];
    const [first, second] = [pixelsOf(one), pixelsOf(other)];
    for (let i = 0; i < 2; i++) {
      for (const [pixels, image, width] of [
        [first, one, 37],
        [second, other, 41],
      ] as const) {
        const sizes = [{ width, height: 31 }];
        same([...pixels.levels(sizes)][0].values, [...plainPixels(image).levels(sizes)][0].values);
      }
    }
  });
});
