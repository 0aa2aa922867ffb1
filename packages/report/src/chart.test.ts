import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chart, logTicks, niceStep, smooth, thin } from './chart.js';

test('ticks', () => {
  expect([0.03, 0.7, 1, 1.2, 34, 600].map(niceStep)).toEqual([0.05, 1, 1, 2, 50, 1000]);
  expect(logTicks(0.001, 1)).toEqual([0.001, 0.01, 0.1, 1]);
  expect(logTicks(0.3, 8)).toEqual([0.5, 1, 2, 5]);
});

test('thinning keeps the extremes and the order', () => {
  fc.assert(
    fc.property(
      fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 5000 }),
      (values) => {
        const points = values.map((value, index) => [index, value] as const);
        const thinned = thin(points, 100);
        expect(thinned.length).toBeLessThanOrEqual(Math.min(values.length, 102));
        const [all, kept] = [points, thinned].map((list) => list.map(([, y]) => y));
        expect(Math.max(...kept)).toBe(Math.max(...all));
        expect(Math.min(...kept)).toBe(Math.min(...all));
        expect(thinned.every(([x], index) => index === 0 || x > thinned[index - 1][0])).toBe(true);
      },
    ),
  );
});

test('smoothing preserves a constant and has no bias at the start', () => {
  for (const [, y] of smooth(
    [
      [0, 3],
      [1, 3],
      [2, 3],
    ],
    10,
  ))
    expect(y).toBeCloseTo(3, 12);
  expect(
    smooth(
      [
        [0, 8],
        [1, 0],
      ],
      2,
    )[0][1],
  ).toBe(8);
});

test('points stay inside the plot, whatever the data', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.double(), fc.double()), { maxLength: 20 }),
      fc.constantFrom('linear', 'log'),
      (points, scale) => {
        const svg = chart({
          title: 'T',
          description: 'd',
          series: [
            { name: 's', points: points.filter(([x, y]) => Math.abs(x) < 1e100 && Math.abs(y) < 1e100), colour: 1 },
          ],
          x: { label: 'x' },
          y: { label: 'y', scale } as const,
        }).text;
        expect(svg).not.toMatch(/NaN|Infinity/);
        for (const [, list] of svg.matchAll(/points="([^"]*)"/g)) {
          for (const point of list.split(' ')) {
            const [x, y] = point.split(',').map(Number);
            expect(x >= 0 && x <= 1000 && y >= 0 && y <= 192).toBe(true);
          }
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('marks and the label of y are in rows of their own, as they would cover each other on a narrow page', () => {
  const { text } = chart({
    title: 'T',
    description: 'd',
    series: [
      {
        name: 's',
        points: [
          [0, 0],
          [9, 1],
        ],
        colour: 1,
      },
    ],
    x: { label: 'step' },
    y: { label: 'without the margin' },
    marks: [
      { x: 2, label: 'second' },
      { x: 3, label: 'third' },
    ],
  });
  const rowOf = (label: string): number => Number(new RegExp(`y="([\\d.]+)"[^>]*>${label}<`).exec(text)![1]);
  const rows = ['without the margin', 'second', 'third'].map(rowOf);
  expect(rows.slice(1).map((row, index) => row - rows[index])).toEqual([15, 17]);
});
