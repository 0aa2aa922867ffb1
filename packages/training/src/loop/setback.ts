/**
 * A step whose loss or gradient is NaN or infinite: names what went bad, undoes the step and lowers the learning rate.
 * After too many setbacks the training ends.
 */
import type { Dataset, InputTensors } from '@facewright/core';
import type { Position } from '../checkpoint/checkpoints.js';
import type { DrawnSample } from '../data/batch-order.js';
import { announceSetback } from './announce.js';
import { firstBadTensor, firstNotFinite, forwardOrder } from './bad-tensor.js';
import { notFinite, type BadStep } from './bad-step.js';
import type { Outcome } from './outcome.js';
import type { StageRun } from './stage-run.js';
import { nextRate } from './training.js';

/**
 * Restores the return point on the device and returns the position to continue from. Throws if the guard allows no more
 * setbacks.
 */
export async function undoStep(
  run: StageRun,
  position: Position,
  inputs: InputTensors,
  outcome: Outcome,
): Promise<Position> {
  const { training, stage, device, returnPoint } = run;
  const { dataset, model, random, batches, guard } = training;
  const state = await device.readState();
  const order = forwardOrder(model, random.fork('model'), state);
  const bad: BadStep = {
    ...outcome,
    step: position.step + 1,
    rate: nextRate(training, stage, position.record),
    tensor: firstBadTensor({ inputs, loss: outcome.loss, state, order, lossName: stage.name }),
    images: namesOf(batches.samplesAt(position.step), dataset),
  };
  const { setbacks } = position.record;
  const badBeforeStep = firstNotFinite(returnPoint.checkpoint.state);
  if (setbacks >= guard.retries || badBeforeStep !== undefined) {
    const { savedAt } = returnPoint;
    throw notFinite(bad, { stage: stage.name, directory: training.directory, setbacks, savedAt, badBeforeStep });
  }
  await device.writeState(returnPoint.checkpoint.state);
  const back = returnPoint.goBack(setbacks + 1);
  announceSetback(run, bad, back);
  return back;
}

/** The file name of each sample. */
const namesOf = (samples: readonly DrawnSample[], dataset: Dataset): string[] =>
  samples.map(({ sample }) => {
    const [source, kind] = [dataset.sourceOf(sample), dataset.kindOf(sample)];
    return kind === 'original' ? source : `${source} (${kind})`;
  });
