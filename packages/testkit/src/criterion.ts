/**
 * The conformance suite for criteria: plain memory that survives a checkpoint, no mutation, and no verdict before the
 * first step.
 */
import { createRandom, type Criterion, type CriterionMemory, type CriterionStep } from '@facewright/core';
import { expect } from 'vitest';
import { create, type ContextOptions } from './support/context.js';
import { defineSuite, NOT_OFFERED, setUp, type Subject, type SuiteOptions } from './support/suite.js';

export interface CriterionSuiteOptions extends SuiteOptions, ContextOptions {}

const STEPS = 400;
const STEPS_PER_EPOCH = 20;
const WARM_UP = 5;

/** Registers the suite: `testCriterion(plateau({ window: 10 }))`. */
export function testCriterion(subject: Subject<'criterion'>, options: CriterionSuiteOptions = {}): void {
  const random = createRandom('testkit/criterion');
  /** A loss that falls and then levels off, an accuracy that rises and then stays, a validation every tenth step. */
  const seen = Array.from({ length: STEPS }, (_, index): CriterionStep => {
    const left = Math.exp(-index / 40);
    const accuracy = Math.min(1, Math.max(0, 0.9 - 0.8 * left + 0.01 * random.normal()));
    const steps = index + 1;
    return {
      steps,
      stepsPerEpoch: STEPS_PER_EPOCH,
      loss: 1 + 4 * left + 0.02 * random.normal(),
      accuracy,
      warmingUp: steps <= WARM_UP,
      ...(steps % 10 === 0 && { validation: { loss: 1 + left, accuracy } }),
    };
  });

  defineSuite('criterion', subject, options, (check) => {
    let criterion: Criterion;
    setUp(async () => {
      criterion = await create(subject, options);
    });
    const after = (steps: readonly CriterionStep[], from: CriterionMemory = criterion.begin()): CriterionMemory =>
      steps.reduce((memory, step) => criterion.observe(memory, step), from);
    const copy = (memory: CriterionMemory): CriterionMemory => JSON.parse(JSON.stringify(memory)) as CriterionMemory;

    check('nothing ends before the first step', () => {
      expect(criterion.verdict(criterion.begin())).toBeUndefined();
    });

    check('it remembers JSON alone', () => {
      for (const count of [0, 1, 57, STEPS])
        expect(copy(after(seen.slice(0, count)))).toEqual(after(seen.slice(0, count)));
    });

    check('a memory that was written and read goes on to the same, in another instance', async () => {
      for (const count of [1, 20, 133, 399]) {
        const other = await create(subject, options);
        const read = copy(after(seen.slice(0, count)));
        expect(seen.slice(count).reduce((memory, step) => other.observe(memory, step), read)).toEqual(after(seen));
      }
    });

    check('no stage ends before the fewest steps that it promises', () => {
      if (!criterion.least) return NOT_OFFERED;
      for (const count of [0, 1, 57, 133]) {
        const memory = after(seen.slice(0, count));
        if (criterion.verdict(memory)) continue;
        const warmUpLeft = Math.max(0, WARM_UP - count);
        const least = Math.min(criterion.least(memory, STEPS_PER_EPOCH, warmUpLeft), STEPS - count);
        for (let more = 0; more < least; more++)
          expect(criterion.verdict(after(seen.slice(0, count + more)))).toBeUndefined();
      }
      return undefined;
    });

    check('a memory is left as it was', () => {
      const memory = after(seen.slice(0, 45));
      const before = copy(memory);
      criterion.observe(memory, seen[45]);
      criterion.verdict(memory);
      criterion.remark?.(memory, memory);
      expect(memory).toEqual(before);
    });

    check('the verdict depends on the memory alone, and its evidence is JSON', () => {
      for (const count of [1, 60, 200, STEPS]) {
        const memory = after(seen.slice(0, count));
        const evidence = criterion.verdict(memory);
        expect(criterion.verdict(copy(memory))).toEqual(evidence);
        if (evidence) expect(JSON.parse(JSON.stringify(evidence))).toEqual(evidence);
      }
    });

    check('two instances decide alike', async () => {
      const other = await create(subject, options);
      expect(seen.reduce((memory, step) => other.observe(memory, step), other.begin())).toEqual(after(seen));
    });

    check('a limit it names is one: a whole number of steps from 1, at which it ends', () => {
      const limit = criterion.limit?.(STEPS_PER_EPOCH);
      if (limit === undefined) return NOT_OFFERED;
      expect(Number.isInteger(limit)).toBe(true);
      expect(limit).toBeGreaterThanOrEqual(1);
      if (limit <= STEPS) expect(criterion.verdict(after(seen.slice(0, limit)))).toBeDefined();
      return undefined;
    });
  });
}
