/** The plateau criterion at the edges of its rule. */
import { plateauRule } from '@facewright/core';
import { expect, test } from 'vitest';
import { atPlateau } from './plateau.js';

/** The memory after these losses, and whether the stage has ended. */
function after(options: Partial<ReturnType<typeof plateauRule.parse>>, losses: readonly number[]) {
  const criterion = atPlateau(plateauRule.parse({ window: 2, patience: 1, minimumLoss: 0, ...options }));
  const seen = losses.reduce(
    (memory, loss, index) =>
      criterion.observe(memory, { steps: index + 1, stepsPerEpoch: 10, loss, accuracy: 0, warmingUp: false }),
    criterion.begin(),
  );
  return { ended: criterion.verdict(seen) !== undefined, least: criterion.least!(seen, 10, 0) };
}

test('a gain of exactly the minimum is progress', () => {
  expect(after({ minimumGain: 0.25 }, [2, 2, 1.5, 1.5]).ended).toBe(false);
  expect(after({ minimumGain: 0.25 }, [2, 2, 1.5, 1.625]).ended).toBe(true);
});

test('without a minimum gain, an unchanged or a rising loss is still no progress', () => {
  expect(after({ minimumGain: 0 }, [2, 2, 2, 2]).ended).toBe(true);
  expect(after({ minimumGain: 0 }, [2, 2, 2, 3]).ended).toBe(true);
  expect(after({ minimumGain: 0 }, [2, 2, 2, 1.9]).ended).toBe(false);
});

test('a first window may end the stage as long as its mean can still reach the minimum loss', () => {
  expect(after({ minimumLoss: 0.5 }, [1]).least).toBe(1);
  expect(after({ minimumLoss: 0.5 }, [1.5]).least).toBe(3);
  expect(after({ minimumLoss: 0.5 }, [1, 0]).ended).toBe(true);
  expect(after({ minimumLoss: 0.5 }, [1, 0.5]).ended).toBe(false);
});

test('the minimum loss ends the stage however fast the loss falls', () => {
  expect(after({ minimumLoss: 0.5 }, [4, 4, 0.5, 0.5]).ended).toBe(true);
  expect(after({ minimumLoss: 0.5 }, [4, 4, 0.5, 0.75]).ended).toBe(false);
});
