import { createRandom } from '@facewright/core';
import { expect, test } from 'vitest';
import { groupFigures, shareOf, type GroupedPair } from './groups.js';
import { identification, type NamedEmbedding } from './identification.js';

test("Wilson's interval: as in Newcombe 1998, table I, and never beyond 0 and 1", () => {
  const figures = (count: number, of: number) => {
    const { low, high } = shareOf(count, of)!;
    return [low, high].map((value) => Number(value.toFixed(4)));
  };
  expect(figures(81, 263)).toEqual([0.2553, 0.3662]);
  expect(figures(15, 148)).toEqual([0.0624, 0.1605]);
  expect(figures(0, 20)).toEqual([0, 0.1611]);
  expect(figures(1, 29)).toEqual([0.0061, 0.1718]);
  expect(shareOf(0, 0)).toBeNull();
});

test('rates by group at one threshold, pairs of two groups and of none counted apart, and the largest gaps', () => {
  const pair = (score: number, same: boolean, ...groups: [string?, string?]): GroupedPair => ({
    score,
    same,
    groups: [groups[0], groups[1] ?? groups[0]],
  });
  const { groups, gaps, across, ungrouped } = groupFigures(
    [
      pair(0.9, true, 'a'),
      pair(0.2, true, 'a'),
      pair(0.5, false, 'a'), // accepted: the threshold itself counts
      pair(0.1, false, 'a'),
      pair(0.9, true, 'b'),
      pair(0.1, false, 'b'),
      pair(0.9, false, 'b', 'a'),
      pair(0.9, true, undefined),
      pair(0.9, true, 'c'),
    ],
    0.5,
  );
  expect(
    groups.map(({ group, accuracy, falseAcceptRate, falseRejectRate }) => [
      group,
      accuracy.share,
      falseAcceptRate?.share,
      falseRejectRate?.share,
    ]),
  ).toEqual([
    ['a', 0.5, 0.5, 0.5],
    ['b', 1, 0, 0],
    ['c', 1, undefined, 0],
  ]);
  expect([across, ungrouped]).toEqual([1, 1]);
  expect(gaps.accuracy).toMatchObject({ gap: 0.5, lowest: 'a' });
  expect(gaps.falseAcceptRate).toEqual({ gap: 0.5, lowest: 'b', highest: 'a' });
  expect(() => groupFigures([pair(1, true, undefined)], 0.5)).toThrow(/No pair has both sides in one group/);
});

/** Person k lies along axis k; each photo leans a little towards axis `lean`. */
function person(name: string, axis: number, photos: number, lean = 0, toward = 0): NamedEmbedding[] {
  return Array.from({ length: photos }, () => {
    const vector = new Float32Array(40);
    vector[axis] = 1;
    vector[toward] += lean;
    const length = Math.hypot(...vector);
    return { identity: name, vector: vector.map((value) => value / length) };
  });
}

test('people who lie apart are all found at rank 1 and missed by no threshold', () => {
  const embeddings = Array.from({ length: 20 }, (_, k) => person(`p${k}`, k, 3)).flat();
  const found = identification(embeddings, createRandom(1));
  expect(found).toMatchObject({ enrolled: 10, mated: 20, nonMated: 30, rank1: 1, rank1Std: 0 });
  expect(found.points[0]).toMatchObject({ fpir: 0.1, fnir: 0 });
  // 30 probes of nobody enrolled cannot show a rate of 1 in 100
  expect(found.points[1]).toEqual({ fpir: 0.01, threshold: null, fnir: null });
  expect(identification(embeddings, createRandom(1))).toEqual(found);
});

test('a model that sees the same in everybody finds nobody at a threshold', () => {
  const embeddings = Array.from({ length: 20 }, (_, k) => person(`p${k}`, 39, 6)).flat();
  const { rank1, points } = identification(embeddings, createRandom(1));
  expect(rank1).toBeCloseTo(0.1, 5);
  expect(points[0].fnir).toBe(1);
});

test('too few people are an error', () => {
  expect(() => identification([...person('a', 0, 2), ...person('b', 1, 1)], createRandom(1))).toThrow(
    /at least two people with two photos each; found 1/,
  );
});
