/**
 * When a stage ends: how each criterion responds to losses and accuracies, and that its memory survives a checkpoint.
 */
import { stageConfig, type Criterion, type StageConfig } from '@facewright/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  criteriaOf,
  ending,
  firstRecord,
  leastSteps,
  observe,
  recentLoss,
  remarks,
  stepLimit,
  type StageRecord,
} from './record.js';

const config = (until: object, rest: object = {}): StageConfig => stageConfig.parse({ loss: 'any', until, ...rest });
const after = (
  losses: readonly number[],
  stage: StageConfig,
  from = firstRecord(criteriaOf(stage.until)),
  stepsPerEpoch = 10,
): StageRecord =>
  losses.reduce(
    (record, loss) =>
      observe(record, criteriaOf(stage.until), {
        loss,
        accuracy: 0,
        stepsPerEpoch,
        warmingUp: record.steps < stage.warmUp,
      }),
    from,
  );
/** Number of losses after which the stage ends. */
function endOf(losses: readonly number[], stage: StageConfig): number | undefined {
  const found = losses.findIndex((_, index) =>
    ending(after(losses.slice(0, index + 1), stage), criteriaOf(stage.until)),
  );
  return found < 0 ? undefined : found + 1;
}

test('a loss near zero ends a stage, even if it still halves in every window', () => {
  const halving = Array.from({ length: 60 }, (_, step) => 2 ** -Math.floor(step / 4));
  const until = { plateau: { window: 4, minimumGain: 0.1, patience: 2, minimumLoss: 0.05 } };
  expect(endOf(halving, config(until))).toBe(4 * 7); // 2⁻⁵ is the first mean at or below 0.05, 2⁻⁶ the second
  expect(endOf(halving, config({ plateau: { ...until.plateau, minimumLoss: 0 } }))).toBeUndefined();
});

test('steps and epochs end a stage, whichever comes first', () => {
  const flat = Array.from({ length: 50 }, () => 1);
  expect(endOf(flat, config({ steps: 7 }))).toBe(7);
  expect(endOf(flat, config({ epochs: 2 }))).toBe(20);
  expect(endOf(flat, config({ epochs: 0.25 }))).toBe(3);
  expect(endOf(flat, config({ epochs: 2, steps: 30 }))).toBe(20);
  expect([{ steps: 30, epochs: 2 }, { epochs: 0.001 }, {}].map((until) => stepLimit(criteriaOf(until), 10))).toEqual([
    20,
    1,
    undefined,
  ]);
});

const plateau = { window: 2, minimumGain: 0.1, patience: 2 };

test.each([
  // window means: 4 3 2 1.9 1.85: the last two improve by less than a tenth on the 2
  ['lingers', [4, 4, 3, 3, 2, 2, 1.9, 1.9, 1.85, 1.85, 1, 1], 10],
  // small gains add up: 4 3.7 3.4 (improves on the 4) 3.1 (does not) 2.9 (improves on the 3.4)
  ['creeps', [4, 4, 3.7, 3.7, 3.4, 3.4, 3.1, 3.1, 2.9, 2.9], undefined],
  // up and down again: 2 3 2.2: no progress, although it fell by a quarter
  ['bounces', [2, 2, 3, 3, 2.2, 2.2], 6],
  ['falls', [8, 8, 4, 4, 2, 2, 1, 1], undefined],
  ['is zero', [0, 0, 0, 0, 0, 0], 4],
])('the plateau rule for a loss that %s', (_name, losses, expected) => {
  expect(endOf(losses, config({ plateau }))).toBe(expected);
});

test('the evidence is what the rule saw', () => {
  const stage = config({ plateau });
  const end = ending(after([4, 4, 3, 3, 2, 2, 1.9, 1.9, 1.85, 1.85], stage), criteriaOf(stage.until));
  expect(end).toEqual({
    because: 'plateau',
    evidence: {
      window: 2,
      minimumGain: 0.1,
      patience: 2,
      minimumLoss: 0.01,
      means: [2, 1.9, 1.85],
      reference: 2,
      gain: expect.closeTo(0.075, 10),
    },
  });
});

test('warm-up does not count towards the plateau', () => {
  const losses = [5, 5, 5, 5, 5, 5, 5, 5, 5, 5];
  expect(endOf(losses, config({ plateau }))).toBe(6);
  expect(endOf(losses, config({ plateau }, { warmUp: 3 }))).toBe(9);
});

test('a record survives a checkpoint unchanged', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { maxLength: 60 }), fc.nat(60), (losses, at) => {
      const stage = config({ plateau });
      const saved = JSON.parse(JSON.stringify(after(losses.slice(0, at), stage))) as StageRecord;
      expect(JSON.stringify(after(losses.slice(at), stage, saved))).toBe(JSON.stringify(after(losses, stage)));
    }),
  );
});

test("the mean of a stage's last 20 losses", () => {
  expect(recentLoss(after([100, ...Array.from({ length: 20 }, (_, index) => index)], config({ steps: 1 })))).toBe(9.5);
});

/** Number of steps after which a stage ends, given its validation accuracies, one every second step. */
function endOfAccuracies(
  accuracies: readonly number[],
  accuracy: object,
): { steps?: number; evidence?: object; told: string[] } {
  const stage = config({ accuracy });
  const criteria = criteriaOf(stage.until);
  let record = firstRecord(criteria);
  const told: string[] = [];
  for (const value of accuracies) {
    for (const validation of [undefined, { loss: 1, accuracy: value }]) {
      const former = record;
      record = observe(record, criteria, { loss: 1, accuracy: 0, stepsPerEpoch: 10, warmingUp: false, validation });
      told.push(...remarks(record, former, criteria));
      const end = ending(record, criteria);
      if (end) return { steps: record.steps, evidence: end, told };
    }
  }
  return { told };
}

test('reaching the target validation accuracy ends a stage', () => {
  expect(endOfAccuracies([0.5, 0.8, 0.91, 0.95], { atLeast: 0.9 })).toEqual({
    steps: 6,
    evidence: { because: 'accuracy', evidence: { atLeast: 0.9, accuracy: 0.91 } },
    told: [],
  });
  expect(endOfAccuracies([0.5, 0.8], { atLeast: 0.9 }).steps).toBeUndefined();
});

test('a validation accuracy that stops rising ends a stage, and the evidence names the best and its step', () => {
  const { steps, evidence, told } = endOfAccuracies([0.5, 0.8, 0.805, 0.7, 0.9], { patience: 2, minimumGain: 0.01 });
  expect(steps).toBe(8);
  expect(evidence).toEqual({
    because: 'accuracy',
    evidence: { patience: 2, minimumGain: 0.01, best: 0.8, atStep: 4, accuracy: 0.7 },
  });
  expect(told).toEqual([
    expect.stringContaining('80.50 %, best 80.00 % at step 4 of the stage (1 of 2)'),
    expect.stringContaining('(2 of 2)'),
  ]);
  expect(endOfAccuracies([0.5, 0.8, 0.7, 0.9, 0.85], { patience: 2 }).steps).toBeUndefined();
});

test('an accuracy rule that can never end a stage is rejected', () => {
  expect(() => config({ accuracy: {} })).toThrow(/atLeast, patience or both/);
  expect(() => config({ accuracy: { atleast: 0.9 } })).toThrow(/atleast/);
});

test("a user's own criterion is asked after the built-in ones", () => {
  const low: Criterion<{ lowest: number }> = {
    begin: () => ({ lowest: 1e9 }),
    observe: ({ lowest }, { loss }) => ({ lowest: Math.min(lowest, loss) }),
    verdict: ({ lowest }) => (lowest < 0.5 ? { lowest } : undefined),
  };
  const criteria = criteriaOf({ steps: 4 }, [{ name: 'low', criterion: low }]);
  const run = (losses: readonly number[]): StageRecord =>
    losses.reduce(
      (record, loss) => observe(record, criteria, { loss, accuracy: 0, stepsPerEpoch: 1, warmingUp: false }),
      firstRecord(criteria),
    );
  expect(ending(run([3, 2, 1]), criteria)).toBeUndefined();
  expect(ending(run([3, 0.4, 1]), criteria)).toEqual({ because: 'low', evidence: { lowest: 0.4 } });
  expect(ending(run([3, 0.4, 1, 1]), criteria)).toMatchObject({ because: 'steps' });
  expect(stepLimit(criteria, 1)).toBe(4);
});

test('the fewest steps left never exceed the actual number', () => {
  const stage = config({ steps: 40, plateau: { window: 4, minimumGain: 0.1, patience: 2, minimumLoss: 0.05 } });
  const criteria = criteriaOf(stage.until);
  const least = (record: StageRecord): number => leastSteps(record, criteria, { stepsPerEpoch: 10, warmUp: 0 });
  expect(least(firstRecord(criteria))).toBe(8);
  expect(least(after([1, 1, 1, 1, 1], stage))).toBe(7);
  // the first window cannot end below the minimum loss any more, and is only what the next one is compared with
  expect(least(after([1], stage))).toBe(11);
  expect(least(after([0.1], stage))).toBe(7);
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 2, noNaN: true }), { minLength: 40, maxLength: 40 }), (losses) => {
      const end = endOf(losses, stage)!;
      for (let step = 0; step < end; step++)
        expect(step + least(after(losses.slice(0, step), stage))).toBeLessThanOrEqual(end);
    }),
  );
  // a criterion without a lower bound may end the stage at any step
  expect(
    leastSteps(
      { steps: 0, memories: [{}, ...firstRecord(criteria).memories] },
      [{ name: 'own', criterion: { begin: () => ({}), observe: () => ({}), verdict: () => undefined } }, ...criteria],
      { stepsPerEpoch: 10, warmUp: 0 },
    ),
  ).toBe(0);
  // losses of the warm-up are not looked at
  const afterWarmUp = (steps: number): number =>
    leastSteps({ ...firstRecord(criteria), steps }, criteria, { stepsPerEpoch: 10, warmUp: 20 });
  expect([0, 15, 20].map(afterWarmUp)).toEqual([28, 13, 8]);
});
