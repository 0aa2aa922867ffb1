/** The sample of mutants: reproducible by seed, uniform, and with an interval for the whole. */
import { expect, test } from 'vitest';

interface Mutant {
  readonly id: string;
  readonly fileName: string;
  readonly location: { readonly start: Place; readonly end: Place };
  readonly mutatorName: string;
  readonly replacement: string;
}
interface Place {
  readonly line: number;
  readonly column: number;
}
interface Sampling {
  drawSample(mutants: readonly Mutant[], size: number, seed: string): Mutant[];
  interval(noticed: number, tried: number): [from: number, to: number];
}
const { drawSample, interval } = (await import('./sample.mjs' as string)) as Sampling;

const mutants = Array.from({ length: 500 }, (_, index): Mutant => {
  const place = { line: index >> 1, column: 4 };
  const replacement = index % 2 ? 'true' : 'false';
  return { id: String(index), fileName: 'a.ts', location: { start: place, end: place }, mutatorName: 'M', replacement };
});
const ids = (sample: readonly Mutant[]): string[] => sample.map(({ id }) => id).sort();

test('a seed selects the same mutants in any order, and another seed selects others', () => {
  const sample = drawSample(mutants, 50, '1');
  expect(new Set(ids(sample)).size).toBe(50);
  expect(ids(drawSample([...mutants].reverse(), 50, '1'))).toEqual(ids(sample));
  const both = ids(drawSample(mutants, 50, '2')).filter((id) => ids(sample).includes(id));
  expect(both.length).toBeLessThan(20);
});

test('a larger sample contains the smaller one, and a sample of all is everything', () => {
  expect(ids(drawSample(mutants, 80, '1'))).toEqual(expect.arrayContaining(ids(drawSample(mutants, 50, '1'))));
  expect(drawSample(mutants, 1000, '1')).toHaveLength(500);
});

test('every mutant is selected about equally often', () => {
  const counts = new Map<string, number>();
  for (let seed = 0; seed < 200; seed++)
    for (const { id } of drawSample(mutants, 50, String(seed))) counts.set(id, (counts.get(id) ?? 0) + 1);
  const drawn = mutants.map(({ id }) => counts.get(id) ?? 0);
  // 20 expected, deviation 4.2
  expect(Math.min(...drawn)).toBeGreaterThan(3);
  expect(Math.max(...drawn)).toBeLessThan(40);
});

test('the interval is Wilson’s', () => {
  const near = (noticed: number, tried: number, from: number, to: number): void => {
    const found = interval(noticed, tried);
    expect(found[0]).toBeCloseTo(from, 3);
    expect(found[1]).toBeCloseTo(to, 3);
  };
  near(8, 10, 0.4902, 0.9433);
  near(0, 10, 0, 0.2775);
  near(10, 10, 0.7225, 1);
  near(90, 100, 0.8256, 0.9448);
});
