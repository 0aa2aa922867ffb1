/** One stage of a training: step after step until one of its criteria ends it. */
import { hostScalar, Interrupted, releaseArray, type HostTensors, type InputTensors } from '@facewright/core';
import { nextTurn } from '@facewright/platform';
import { onAny } from '../cluster/agree.js';
import type { Position } from '../checkpoint/checkpoints.js';
import { ending, type Ending } from '../criteria/record.js';
import type { Validation } from '../evaluation/validate.js';
import {
  announceProgress,
  announceRecovery,
  announceStage,
  announceStageEnd,
  announceStep,
  announceValidation,
} from './announce.js';
import type { StageEnd, StageStart } from './hand-over.js';
import type { Meters } from './meters.js';
import { advance, newBest, readOutcome } from './outcome.js';
import { undoStep } from './setback.js';
import { openStage, type StageRun } from './stage-run.js';
import { nextRate, type Training } from './training.js';

export async function runStage(training: Training, start: StageStart, meters: Meters): Promise<StageEnd> {
  const run = await openStage(training, start, meters);
  const { stage, device, returnPoint } = run;
  meters.throughput.beginStage();
  try {
    announceStage(run, start);
    const { position, state, end } = await stepUntilEnd(run, start.position);
    announceStageEnd(run, position, end);
    // this state has already been read, so the final save needs nothing from a device that may be lost
    if (stage.index + 1 === training.stages.length) await returnPoint.save(position, async () => state);
    return { position, state, savedAt: returnPoint.savedAt };
  } finally {
    device.dispose();
  }
}

interface LastStep {
  readonly position: Position;
  readonly state: HostTensors;
  readonly end: Ending;
}

async function stepUntilEnd(run: StageRun, start: Position): Promise<LastStep> {
  const { training, stage, device, returnPoint, meters } = run;
  const { batches, checkpoint } = training;
  const readState = (): Promise<HostTensors> => device.readState();
  let position = start;
  for (;;) {
    try {
      const end = ending(position.record, stage.criteria);
      if (end) return { position, end, state: await readState() };
      // a step may await only settled promises, so give Ctrl-C, timers and the console their turn
      await nextTurn();
      if (await onAny(training.cluster, training.signal?.aborted ?? false)) {
        await returnPoint.saveOutOfTurn(position, readState);
        throw new Interrupted(training.directory);
      }

      await device.freezeAt(position.record.steps);
      const rate = nextRate(training, stage, position.record);
      meters.clock.began();
      const inputs: InputTensors = { ...(await batches.at(position.step)), rate: hostScalar(rate) };
      meters.clock.loaded();
      const running = device.run(inputs, position.step);
      device.send(batches.ahead(position.step + 1));
      const outcome = readOutcome(await running);
      meters.clock.computed();
      if (outcome.bad) {
        position = await undoStep(run, position, inputs, outcome);
        continue;
      }
      releaseArray(inputs.images.data);
      meters.throughput.count(batches.size);

      const step = position.step + 1;
      announceStep(run, step, rate, outcome);
      let validation = step % training.validation.everySteps === 0 ? await validate(run, step) : undefined;
      const former = position;
      position = advance(former, outcome, validation, stage, batches.perEpoch);
      announceProgress(run, former, position, outcome);
      // a stage's last validation runs after its criteria have decided
      if (ending(position.record, stage.criteria)) validation ??= await validate(run, step);
      const best = checkpoint.best ? newBest(position, validation) : undefined;
      if (best) position = { ...position, best };
      if (step % checkpoint.everySteps === 0) await returnPoint.save(position, readState);
      else if (best) await returnPoint.saveOutOfTurn(position, readState);
    } catch (error) {
      const lost = await device.recover(error, ++returnPoint.losses, returnPoint.checkpoint);
      position = returnPoint.goBack(position.record.setbacks);
      announceRecovery(run, lost, position);
    }
  }
}

async function validate(run: StageRun, step: number): Promise<Validation | undefined> {
  if (run.training.set.validation.length === 0) return undefined;
  const measured = await run.device.validate();
  announceValidation(run, step, measured);
  return measured;
}
