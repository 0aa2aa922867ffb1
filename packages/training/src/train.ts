/** A training from top to bottom: start or resume, run stage after stage, write the model. */
import { Interrupted, messageOf, stripPrefix } from '@facewright/core';
import { join, whileLocked } from '@facewright/platform';
import { requireSame } from './cluster/agree.js';
import { digestOf } from './checkpoint/digest.js';
import { saveModel } from './checkpoint/model-files.js';
import { announceEnd, announceTraining } from './loop/announce.js';
import { startMeters, type Meters } from './loop/meters.js';
import type { TrainOptions, TrainResult } from './loop/options.js';
import type { StageEnd, StageStart } from './loop/hand-over.js';
import { runStage } from './loop/stage.js';
import { nextStage, startOrResume } from './loop/start.js';
import { openTraining, type Training } from './loop/training.js';

/**
 * Trains the stages in order and writes checkpoints and the model. Throws a `FacewrightError` if the options, the
 * dataset or the checkpoint to resume do not fit, if another process trains in the directory, or if loss or gradients
 * stay NaN or infinite; `Interrupted` on `signal`; `DeviceLost` if the device does not come back.
 */
export const train = (options: TrainOptions): Promise<TrainResult> =>
  options.cluster && options.cluster.rank > 0
    ? trainStages(options)
    : whileLocked(join(options.directory, 'checkpoints'), { inside: true }, () => trainStages(options));

async function trainStages(options: TrainOptions): Promise<TrainResult> {
  let training: Training | undefined;
  try {
    training = openTraining(options);
    return await runTraining(training);
  } catch (error) {
    // an interruption ends all ranks at the same step
    if (!(error instanceof Interrupted)) await options.cluster?.abort(messageOf(error));
    throw error;
  } finally {
    await training?.batches.close();
    await training?.store.close();
  }
}

async function runTraining(training: Training): Promise<TrainResult> {
  await requireSame(training.cluster, digestOf(training.fingerprint), {
    what: 'another config or other data',
    todo: 'Start all processes with the same command, and see that all hosts have the same files.',
  });
  const start = await startOrResume(training);
  announceTraining(training, start);
  const meters = startMeters();
  const end = await runStages(training, start, meters);
  const modelDirectory =
    training.cluster.rank === 0 ? await writeModel(training, end) : join(training.directory, 'model');
  // the others may only go on once it is there
  await training.cluster.barrier();
  const { step: steps } = end.position;
  announceEnd(training, steps, modelDirectory, meters);
  return { modelDirectory, steps, imagesPerSecond: meters.throughput.overall() };
}

async function runStages(training: Training, start: StageStart, meters: Meters): Promise<StageEnd> {
  let end = await runStage(training, start, meters);
  while (end.position.stage + 1 < training.stages.length)
    end = await runStage(training, await nextStage(training, end), meters);
  return end;
}

async function writeModel(training: Training, { position, state }: StageEnd): Promise<string> {
  const { model, modelReference, alignment, set, stages, batches, fingerprint, licences } = training;
  const directory = join(training.directory, 'model');
  await saveModel(directory, {
    card: {
      format: 1,
      model: modelReference,
      inputSize: [...model.inputSize],
      embeddingSize: model.embeddingSize,
      alignment,
      trained: {
        identities: set.identities.length,
        images: set.training.length,
        steps: position.step,
        losses: stages.map(({ name }) => name),
        data: digestOf([fingerprint.dataset, fingerprint.people]),
        batch: batches.size,
        stages: stages.map(({ config }) => config),
      },
      ...(licences && { licences }),
    },
    params: stripPrefix('model/params', state),
    statistics: stripPrefix('model/statistics', state),
  });
  return directory;
}
