/** What the numbers of a step mean, and the position after it. Nothing here touches the device. */
import type { HostTensors } from '@facewright/core';
import { isBetter, type Best, type Position } from '../checkpoint/checkpoints.js';
import { observe } from '../criteria/record.js';
import type { Validation } from '../evaluation/validate.js';
import { isOverflow } from '../step/loss-scale.js';
import type { Stage } from './training.js';

export interface Outcome {
  readonly loss: number;
  /** Fraction of the batch whose largest logit without margin is at the label. */
  readonly accuracy: number;
  /** Before clipping. */
  readonly gradientNorm: number;
  /** This step's loss scale, on engines that use one. */
  readonly lossScale?: number;
  /** The scaled gradients overflowed, so the update was skipped. */
  readonly skipped: boolean;
  /** Loss or gradient is NaN or infinite, so the state is unusable. */
  readonly bad: boolean;
}

export function readOutcome(outputs: HostTensors): Outcome {
  const [loss, accuracy, gradientNorm] = [outputs.loss, outputs.accuracy, outputs.gradientNorm].map(
    ({ data }) => data[0],
  );
  const lossScale = outputs.lossScale?.data[0];
  const skipped = isOverflow({ loss, gradientNorm, lossScale });
  const bad = !skipped && !(Number.isFinite(loss) && Number.isFinite(gradientNorm));
  return { loss, accuracy, gradientNorm, lossScale, skipped, bad };
}

/** The position one step further. `validation` is what the stage's criteria see. */
export function advance(
  position: Position,
  { loss, accuracy }: Outcome,
  validation: Validation | undefined,
  { config, criteria }: Stage,
  stepsPerEpoch: number,
): Position {
  const warmingUp = position.record.steps < config.warmUp;
  const seen = { loss, accuracy, stepsPerEpoch, warmingUp, ...(validation && { validation }) };
  return { ...position, step: position.step + 1, record: observe(position.record, criteria, seen) };
}

/** This validation, at this position, if it is the best so far. */
export function newBest({ step, best }: Position, validation: Validation | undefined): Best | undefined {
  if (!validation || !isBetter(validation, best)) return undefined;
  const { accuracy, loss } = validation;
  return { step, accuracy, loss };
}
