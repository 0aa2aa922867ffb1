import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cropWindow, fixed, regress, square, suppress, type Candidate } from './boxes.js';

const box = (x1: number, y1: number, x2: number, y2: number, score = 0.9): Candidate => ({ x1, y1, x2, y2, score });

test('suppression keeps the best of overlapping boxes, counting both edge pixels', () => {
  // 10 × 10 and 10 × 10 pixels share 5 × 10: 50 / 150
  const [a, b] = [box(0, 0, 9, 9, 0.8), box(5, 0, 14, 9, 0.9)];
  expect(suppress([a, b], 0.3, 'union')).toEqual([b]);
  expect(suppress([a, b], 1 / 3, 'union')).toEqual([b, a]); // an overlap equal to the threshold is kept
  expect(suppress([a, b], 0.3334, 'union')).toEqual([b, a]);
});

test('“min” drops a box inside a larger one, “union” does not', () => {
  const large = box(0, 0, 99, 99, 0.9);
  for (const left of [0, 10, 45, 80]) {
    const small = box(left, 10, left + 19, 29, 0.8);
    expect(suppress([small, large], 0.7, 'min')).toEqual([large]);
    expect(suppress([small, large], 0.7, 'union')).toEqual([large, small]);
    const [first, second] = [{ ...small, score: 0.95 }, large];
    expect(suppress([first, second], 0.7, 'min')).toEqual([first]);
  }
});

test('a suppressed box does not suppress others', () => {
  const [a, b, c] = [box(0, 0, 9, 9, 0.9), box(4, 0, 13, 9, 0.8), box(8, 0, 17, 9, 0.7)];
  expect(suppress([c, a, b], 0.4, 'union')).toEqual([a, c]);
});

test('by definition: kept boxes overlap too little, dropped ones overlap a better one', () => {
  const side = fc.integer({ min: 0, max: 30 });
  const any = fc
    .record({ x1: side, y1: side, w: side, h: side, score: fc.double({ min: 0, max: 1, noNaN: true }) })
    .map(({ x1, y1, w, h, score }) => box(x1, y1, x1 + w, y1 + h, score));
  const pixels = ({ x1, y1, x2, y2 }: Candidate): Set<string> => {
    const set = new Set<string>();
    for (let x = x1; x <= x2; x++) for (let y = y1; y <= y2; y++) set.add(`${x},${y}`);
    return set;
  };
  const overlaps = {
    union: (shared: number, p: number, q: number): number => shared / (p + q - shared),
    min: (shared: number, p: number, q: number): number => shared / Math.min(p, q),
  };
  fc.assert(
    fc.property(fc.array(any, { maxLength: 8 }), fc.constantFrom('union', 'min'), (candidates, mode) => {
      const overlap = (a: Candidate, b: Candidate): number => {
        const [p, q] = [pixels(a), pixels(b)];
        return overlaps[mode]([...p].filter((pixel) => q.has(pixel)).length, p.size, q.size);
      };
      const kept = suppress(candidates, 0.5, mode);
      expect(kept.map(({ score }) => score)).toEqual(kept.map(({ score }) => score).sort((a, b) => b - a));
      for (const a of kept) for (const b of kept) if (a !== b) expect(overlap(a, b)).toBeLessThanOrEqual(0.5);
      for (const lost of candidates.filter((candidate) => !kept.includes(candidate))) {
        expect(kept.some((better) => better.score >= lost.score && overlap(better, lost) > 0.5)).toBe(true);
      }
    }),
    { numRuns: 60 },
  );
});

test('regression moves corners by fractions of the width, which includes the last pixel after R- and O-Net', () => {
  const proposal = { ...box(10, 20, 20, 40), offsets: [0.1, -0.1, 0.2, 0.05] as const };
  expect(regress(proposal, 0)).toMatchObject({ x1: 11, y1: 18, x2: 22, y2: 41 });
  expect(regress(proposal, 1)).toMatchObject({ x1: 10 + 1.1, y1: 20 - 2.1, x2: 20 + 2.2, y2: 40 + 1.05 });
});

test('squares keep the centre and use the longer side; corners are truncated towards zero', () => {
  expect(square(box(10, 20, 20, 40))).toMatchObject({ x1: 5, y1: 20, x2: 25, y2: 40 });
  expect(fixed(box(-1.9, 1.9, 3.2, -0.4))).toMatchObject({ x1: -1, y1: 1, x2: 3, y2: -0 });
});

test("a crop starts one pixel before its box, is cut at the image's edge, and is undefined outside", () => {
  expect(cropWindow(box(1, 1, 24, 24), 100, 100)).toEqual({
    width: 24,
    height: 24,
    left: 0,
    top: 0,
    right: 24,
    bottom: 24,
    offsetX: 0,
    offsetY: 0,
  });
  expect(cropWindow(box(-4, 91, 15, 110), 100, 100)).toEqual({
    width: 20,
    height: 20,
    left: 0,
    top: 90,
    right: 15,
    bottom: 100,
    offsetX: 5,
    offsetY: 0,
  });
  expect(cropWindow(box(101, 1, 120, 20), 100, 100)).toBeUndefined();
  expect(cropWindow(box(1, 101, 20, 120), 100, 100)).toBeUndefined();
  expect(cropWindow(box(20, 20, 18, 40), 100, 100)).toBeUndefined();
});

test('for many boxes, keeps the same ones as pairwise comparison', () => {
  const side = fc.integer({ min: 0, max: 200 });
  const any = fc
    .record({
      x1: side,
      y1: side,
      w: fc.integer({ min: 0, max: 60 }),
      h: fc.integer({ min: 0, max: 60 }),
      score: fc.integer({ min: 0, max: 9 }),
    })
    .map(({ x1, y1, w, h, score }) => box(x1, y1, x1 + w, y1 + h, score / 10));
  const eachWithEach = (candidates: readonly Candidate[], threshold: number): Candidate[] => {
    const kept: Candidate[] = [];
    for (const candidate of candidates.toSorted((a, b) => b.score - a.score)) {
      if (kept.every((better) => suppress([better, { ...candidate, score: -1 }], threshold, 'union').length === 2))
        kept.push(candidate);
    }
    return kept;
  };
  fc.assert(
    fc.property(
      fc.array(any, { minLength: 40, maxLength: 150 }),
      fc.constantFrom(0.1, 0.5, 0.7),
      (candidates, threshold) => {
        expect(suppress(candidates, threshold, 'union')).toEqual(eachWithEach(candidates, threshold));
      },
    ),
    { numRuns: 60 },
  );
});
