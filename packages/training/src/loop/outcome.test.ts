/** What a step's numbers mean, and the position after it. */
import { hostScalar, stageConfig, type Criterion, type CriterionStep } from '@facewright/core';
import { expect, test } from 'vitest';
import { linearLoss } from '../../test/tiny.js';
import { firstRecord } from '../criteria/record.js';
import { advance, newBest, readOutcome } from './outcome.js';
import type { Stage } from './training.js';

const outputs = (loss: number, gradientNorm: number, lossScale?: number) => ({
  loss: hostScalar(loss),
  accuracy: hostScalar(0.5),
  gradientNorm: hostScalar(gradientNorm),
  ...(lossScale !== undefined && { lossScale: hostScalar(lossScale) }),
});

test.each([
  ['finite', outputs(1, 2), { skipped: false, bad: false }],
  ['a loss that is NaN', outputs(NaN, 2), { skipped: false, bad: true }],
  ['an infinite gradient', outputs(1, Infinity), { skipped: false, bad: true }],
  ['a scaled gradient that overflowed', outputs(1, Infinity, 1024), { skipped: true, bad: false }],
  ['an infinite gradient at a scale of 1', outputs(1, Infinity, 1), { skipped: false, bad: true }],
  ['a scaled loss that is NaN', outputs(NaN, NaN, 1024), { skipped: false, bad: true }],
])('%s', (_, step, expected) => expect(readOutcome(step)).toMatchObject(expected));

test('the criteria see the step, whether the rate is still warming up, and the validation if there is one', () => {
  const seen: CriterionStep[] = [];
  const criterion: Criterion = {
    begin: () => ({}),
    observe: (memory, step) => (seen.push(step), memory),
    verdict: () => undefined,
  };
  const stage = {
    name: 'linear',
    loss: linearLoss,
    config: stageConfig.parse({ loss: 'linear', warmUp: 2, until: { steps: 9 } }),
    criteria: [{ name: 'seen', criterion }],
  } as unknown as Stage;
  const outcome = readOutcome(outputs(1.5, 2));
  let position = { step: 10, stage: 1, record: firstRecord(stage.criteria) };
  for (const validation of [undefined, { loss: 3, accuracy: 0.25, images: 4 }, undefined])
    position = advance(position, outcome, validation, stage, 7);
  expect(position).toMatchObject({ step: 13, stage: 1, record: { steps: 3, recent: [1.5, 1.5, 1.5] } });
  const step = { loss: 1.5, accuracy: 0.5, stepsPerEpoch: 7 };
  expect(seen).toEqual([
    { ...step, steps: 1, warmingUp: true },
    { ...step, steps: 2, warmingUp: true, validation: { loss: 3, accuracy: 0.25, images: 4 } },
    { ...step, steps: 3, warmingUp: false },
  ]);
});

test('a validation is the best if its accuracy is higher, or equal with a lower loss', () => {
  const position = { step: 5, stage: 0, record: firstRecord([]), best: { step: 3, accuracy: 0.5, loss: 1 } };
  const best = (accuracy: number, loss: number) => newBest(position, { accuracy, loss, images: 4 });
  expect(best(0.6, 2)).toEqual({ step: 5, accuracy: 0.6, loss: 2 });
  expect(best(0.5, 0.9)).toEqual({ step: 5, accuracy: 0.5, loss: 0.9 });
  expect([best(0.5, 1), best(0.4, 0.1), newBest(position, undefined)]).toEqual([undefined, undefined, undefined]);
  expect(newBest({ ...position, best: undefined }, { accuracy: 0, loss: 9, images: 4 })).toMatchObject({ accuracy: 0 });
});
