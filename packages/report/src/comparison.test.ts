/** Which recipe wins over several seeds: grouping, figures checked by hand, and the text on the page. */
import type { RunEvent } from '@facewright/core';
import { describe, expect, test } from 'vitest';
import { sampleEvents } from '../test/sample-events.js';
import { comparisonPage, contestOf, historyOf, recipesOf, verdictOf, type NamedRun } from './index.js';

/** A run with this recipe and seed and this accuracy; undefined if it was not verified. */
function run(
  config: object,
  seed: number,
  accuracy?: number,
  change: (event: RunEvent) => RunEvent = (event) => event,
): NamedRun {
  const name = `runs/${JSON.stringify(config).replace(/[^\w.]+/g, '')}-${seed}`;
  const events = sampleEvents().flatMap((event): RunEvent[] => {
    if (event.type === 'run.started')
      return [
        {
          ...event,
          seed,
          config: {
            ...config,
            seed,
            out: name,
            data: `${name}/sample`,
            backend: seed % 2 ? 'wasm' : 'cpu',
          },
        },
      ];
    if (event.type === 'evaluate.finished')
      return accuracy === undefined ? [] : [{ ...event, verification: { ...event.verification, accuracy } }];
    return [event];
  });
  return { name, history: historyOf(events.map(change)) };
}

const alone = (event: RunEvent): RunEvent =>
  event.type === 'stage.started' || event.type === 'stage.finished' ? { ...event, loss: 'softmax' } : event;
/** The results of bench/lfw-vs-pytorch: softmax alone, and with the switch to ArcFace, on three seeds. */
const lfw = [
  ...[0.7888, 0.7876, 0.775].map((value, index) => run({ recipe: 'switch' }, index + 1, value)),
  ...[0.7933, 0.7939, 0.7904].map((value, index) => run({ recipe: 'softmax' }, index + 1, value, alone)),
];

describe('recipes', () => {
  test('group runs whose configs differ only in seed, location and engine; the best mean comes first', () => {
    const recipes = recipesOf(lfw);
    expect(recipes.map(({ name, runs, steps }) => [name, runs.length, steps])).toEqual([
      ['runs/recipesoftmax', 3, 200],
      ['runs/recipeswitch', 3, 200],
    ]);
    const [{ accuracy: softmax }, { accuracy: switched }] = recipes;
    expect(softmax!.mean).toBeCloseTo(0.792533, 6);
    // √(Σ(x − x̄)² / 2), by hand
    expect(softmax!.deviation).toBeCloseTo(0.0018717, 6);
    expect(switched!.mean).toBeCloseTo(0.7838, 6);
    expect(switched!.deviation).toBeCloseTo(0.0076446, 6);
  });

  test('with the same losses are told apart by what differs in their configs', () => {
    const recipes = recipesOf([
      run({ stages: [{ rate: 0.1 }, { m: 0.5 }] }, 1, 0.9),
      run({ stages: [{ rate: 0.1 }, { m: 0.3 }] }, 1, 0.8),
    ]);
    expect(recipes.map(({ losses, differs }) => [losses, differs])).toEqual([
      ['softmax → arcface', ['stages.1.m 0.5']],
      ['softmax → arcface', ['stages.1.m 0.3']],
    ]);
  });

  test('with different losses are told apart by what else differs, except in their stages', () => {
    const recipes = recipesOf([
      run({ batch: 64, flip: true, model: { width: 1 }, stages: [{ rate: 0.1 }] }, 1, 0.9),
      run({ batch: 32, flip: true, model: { width: 2 }, from: 'weights', stages: [{ rate: 0.2 }] }, 1, 0.8, alone),
    ]);
    expect(recipes.map(({ differs }) => differs)).toEqual([
      ['softmax → arcface', 'batch 64', 'different: model'],
      ['softmax → softmax', 'batch 32', 'from "weights"', 'different: model'],
    ]);
  });

  test('with different losses say so, and omit what all have in common', () => {
    expect(recipesOf(lfw).map(({ differs }) => differs)).toEqual([
      ['softmax → softmax', 'recipe "softmax"'],
      ['softmax → arcface', 'recipe "switch"'],
    ]);
  });

  test.each([
    [['a-1', 'a-2'], ['b-1'], 'a', 'b-1'],
    [['runs/big seed 10', 'runs/big seed 11'], ['runs/small'], 'runs/big', 'runs/small'],
    [['run1', 'run3'], ['run2', 'run4'], 'run1, run3', 'run2, run4'],
    [['first', 'second'], ['third'], 'first, second', 'third'],
  ])('are named after their directories: %j and %j', (one, other, ...names) => {
    const named = (runNames: string[], a: number) =>
      runNames.map((name, seed) => ({ ...run({ a }, seed, 0.5 + a / 10), name }));
    const recipes = recipesOf([...named(one, 2), ...named(other, 1)]);
    expect(recipes.map(({ name }) => name)).toEqual(names);
  });

  test('without a verification come last, and an evaluation alone is not one', () => {
    const recipes = recipesOf([
      run({ a: 1 }, 1),
      run({ a: 2 }, 1, 0.6),
      { name: 'evaluation', history: historyOf(sampleEvents().filter(({ type }) => type === 'evaluate.finished')) },
    ]);
    expect(recipes.map(({ accuracy }) => accuracy?.mean)).toEqual([0.6, undefined]);
    expect(verdictOf(recipes)).toBeUndefined();
  });
});

describe('the comparison of two recipes', () => {
  test("goes seed by seed, with Student's t interval", () => {
    const [best, second] = recipesOf(lfw);
    const { differences, mean, interval } = contestOf(best, second)!;
    expect(differences.map(({ seed, value }) => [seed, Number(value.toFixed(6))])).toEqual([
      [1, 0.0045],
      [2, 0.0063],
      [3, 0.0154],
    ]);
    expect(mean).toBeCloseTo(0.008733, 6);
    // deviation 0.0058432; t with two degrees of freedom is 4.303
    expect(interval![0]).toBeCloseTo(0.008733 - (4.303 * 0.0058432) / Math.sqrt(3), 5);
    expect(interval![1]).toBeCloseTo(0.008733 + (4.303 * 0.0058432) / Math.sqrt(3), 5);
  });

  test('has a winner if the interval excludes 0; otherwise the first is only ahead', () => {
    expect(verdictOf(recipesOf(lfw))).toBe(
      'runs/recipesoftmax leads runs/recipeswitch by 0.87 points and on 3 of 3 seeds, which is within their noise.',
    );
    const clear = [1, 2, 3].flatMap((seed) => [
      run({ a: 1 }, seed, 0.7 + seed / 100),
      run({ a: 2 }, seed, 0.75 + seed / 100 + seed / 5000, alone),
    ]);
    expect(verdictOf(recipesOf(clear))).toBe(
      'runs/a2 wins: 5.04 points above runs/a1 on average, ahead on 3 of 3 seeds.',
    );
    expect(verdictOf(recipesOf([run({ a: 1 }, 1, 0.7), run({ a: 2 }, 1, 0.8, alone)]))).toMatch(
      /by 10.00 points, but one seed is not conclusive/,
    );
  });

  test('uses only seeds that both have, and counts a repeated seed once', () => {
    const runs = [
      run({ a: 1 }, 1, 0.7),
      run({ a: 1 }, 1, 0.72),
      run({ a: 1 }, 2, 0.9),
      run({ a: 2 }, 1, 0.6, alone),
      run({ a: 2 }, 3, 0.6, alone),
    ];
    const [best, second] = recipesOf(runs);
    expect(contestOf(best, second)!.differences.map(({ seed, value }) => [seed, Number(value.toFixed(6))])).toEqual([
      [1, 0.11],
    ]);
    expect(contestOf(best, second)!.interval).toBeUndefined();
    const others = recipesOf([run({ a: 1 }, 1, 0.7), run({ a: 2 }, 2, 0.6, alone)]);
    expect(contestOf(others[0], others[1])).toBeUndefined();
    expect(verdictOf(others)).toMatch(/on other seeds/);
  });

  test('of many seeds uses tabulated quantiles', () => {
    // 12 and 31 seeds: 2.201 and 2.042 for 11 and 30 degrees of freedom
    for (const [seeds, quantile] of [
      [12, 2.201],
      [31, 2.042],
    ]) {
      const runs = Array.from({ length: seeds }, (_, seed) => [
        run({ a: 1 }, seed, 0.5),
        run({ a: 2 }, seed, 0.6 + 0.01 * Math.sin(seed), alone),
      ]).flat();
      const { differences, mean, interval } = contestOf(...(recipesOf(runs) as [never, never]))!;
      const deviation = Math.sqrt(differences.reduce((sum, { value }) => sum + (value - mean) ** 2, 0) / (seeds - 1));
      expect(((interval![1] - mean) * Math.sqrt(seeds)) / deviation).toBeCloseTo(quantile, 2);
    }
  });
});

test('the page shows the verdict, the recipes with their seeds, and every run, in one file that loads nothing', () => {
  const page = comparisonPage(lfw).replace(/\s+/g, ' ');
  for (const text of [
    'leads runs/recipeswitch by 0.87 points',
    '79.25 % ± 0.19 %',
    '78.38 % ± 0.76 %',
    '1: 78.88 %, 2: 78.76 %, 3: 77.50 %',
    '−0.87 (−2.32 to +0.58)',
    '1: −0.45, 2: −0.63, 3: −1.54',
    'Results of the runs',
  ])
    expect(page).toContain(text);
  expect(page.match(/<polyline class="line c1 line"/g)!.length).toBeGreaterThanOrEqual(3 * 5);
  expect(page).not.toMatch(/<script|https?:\/\//);
  expect(page).not.toContain('same number of steps');
  expect(
    comparisonPage([
      run({ a: 1 }, 1, 0.7),
      run({ a: 2 }, 1, 0.8, (event) => (event.type === 'train.step' ? { ...event, step: event.step + 1 } : event)),
    ]),
  ).toContain('did not train for the same number of steps');
});
