/**
 * The training, from top to bottom: draw who is trained on, go on from a checkpoint or start, then stage by stage step after step until the stage's
 * rule ends it; validate and write a checkpoint now and then; at the end write the model.
 */
import {
  FacewrightError, Interrupted, hostScalar, runConfig, under,
  type Dataset, type Emit, type Engine, type HostTensors, type Loss, type Model, type Optimiser, type Random, type RunConfig, type StageConfig,
} from '@facewright/core';
import { join, nextTurn } from '@facewright/core/platform';
import { createBatches } from './batches.js';
import { Checkpoints, type Position } from './checkpoints.js';
import { CHANCE_TODO, createChanceWatch, firstBadTensor, firstNotFinite, forwardOrder, listed, namesOf, type Guard } from './guard.js';
import { createImageStore } from './images.js';
import { makingsOf } from './makings.js';
import { batchParts, compileTraining } from './micro-batches.js';
import { saveModel } from './model-files.js';
import { EMPTY_RECORD, ending, observe, rateAt, recentLoss, stepLimit } from './schedule.js';
import { firstState, nextState, requireSameTensors } from './stage-state.js';
import { createStepClock, createThroughput } from './throughput.js';
import { drawTrainingSet } from './training-set.js';
import { createValidator } from './validate.js';

export interface TrainStage {
  /** The loss's name. */
  readonly name: string;
  readonly loss: Loss;
  readonly optimiserName: string;
  readonly optimiser: Optimiser;
  readonly config: StageConfig;
}

export interface TrainOptions {
  readonly dataset: Dataset;
  /** Identities kept out of training. */
  readonly exclude?: readonly string[];
  readonly model: Model;
  readonly modelReference: { readonly name: string; readonly options: unknown };
  readonly alignment: { readonly fingerprint: string; readonly size: number };
  readonly stages: readonly TrainStage[];
  readonly engine: Engine;
  /** Images in a step. */
  readonly batch: number;
  /** Images in each part in which a step goes over its batch, to take less memory; divides `batch`. See `compileTraining`. */
  readonly microBatch?: number;
  /** Mirror half of the images. */
  readonly flip: boolean;
  readonly validation: RunConfig['validation'];
  readonly checkpoint: RunConfig['checkpoint'];
  /** Without it a loss that is no number ends the training. */
  readonly guard?: Guard;
  /** `checkpoints/` and `model/` are written into it. */
  readonly directory: string;
  readonly random: Random;
  readonly emit: Emit;
  /** Once it is set, the step in progress is finished, a checkpoint written, and `Interrupted` thrown. */
  readonly signal?: AbortSignal;
  /** Go on from the newest whole checkpoint: to the same weights, byte for byte, as without the interruption (on an engine that repeats itself). */
  readonly resume?: boolean;
}

export interface TrainResult {
  readonly modelDirectory: string;
  readonly steps: number;
  /** Of this run, over everything between its first and its last step. */
  readonly imagesPerSecond: number;
}

export async function train(options: TrainOptions): Promise<TrainResult> {
  const { dataset, model, stages, engine, random, emit, signal, directory } = options;
  requireEnds(stages);
  const guard = options.guard ?? { ...runConfig.shape.guard.parse({}), retries: 0 };

  const set = drawTrainingSet(dataset, options.exclude ?? [], options.validation, random);
  const identities = set.identities.length;
  const store = createImageStore(dataset, model, set.training.length + set.validation.length);
  const { size, parts } = batchParts(options.batch, options.microBatch, set.training.length);
  const batches = createBatches({ samples: set.training, store, model, size, flip: options.flip, random });
  if (size < options.batch) {
    emit('notice', { level: 'warning', message: `There are only ${set.training.length} images to train on: a step takes ${size < set.training.length ? size : 'them all'} instead of ${options.batch}.`, todo: 'Add photos, or lower "batch".' });
  }

  const checkpoints = new Checkpoints(join(directory, 'checkpoints'), options.checkpoint.keep, makingsOf(options, set), emit);
  const found = options.resume ? await checkpoints.latest() : await checkpoints.requireNone();
  if (found) requireSameTensors(found.state, model, stages[found.position.stage], identities, random, directory);
  let { head, state }: { head: 'fresh' | 'adopted' | 'resumed'; state: HostTensors } = found ? { head: 'resumed', state: found.state } : firstState(model, stages[0], identities, random);
  let position: Position = found?.position ?? { step: 0, stage: 0, record: EMPTY_RECORD };
  let savedAt = found?.position.step;

  emit('train.started', { identities, images: set.training.length, validation: set.validation.length, parameters: countNumbers(under('model/params', state)), resumedAt: found?.position.step });
  const throughput = createThroughput();
  const clock = createStepClock();
  try {
    for (;;) {
      const stage = stages[position.stage];
      const { config } = stage;
      const limit = stepLimit(config.until, batches.perEpoch);
      const executable = compileTraining({ engine, name: `training with ${stage.name}`, model, loss: stage.loss, optimiser: stage.optimiser, clipNorm: config.clipNorm, parts, state });
      const validator = createValidator({ engine, model, loss: stage.loss, samples: set.validation, store, batch: size / parts });
      const watch = createChanceWatch({ identities, batch: batches.size, after: guard.chanceAfter });
      // what a step that went wrong is undone to
      let good = { position, state };
      const rateNow = (): number => rateAt(config, position.record.steps, limit) * guard.rateFactor ** position.record.setbacks;
      const weights = Object.keys(state).filter((name) => !name.startsWith('memory/'));
      const save = async (): Promise<void> => {
        if (savedAt === position.step) return;
        const batchInEpoch = position.step % batches.perEpoch;
        const epoch = (position.step - batchInEpoch) / batches.perEpoch;
        good = { position, state: await executable.readState() };
        await checkpoints.write(good, { epoch, batchInEpoch, rate: rateNow() });
        savedAt = position.step;
      };
      emit('stage.started', { stage: position.stage, loss: stage.name, optimiser: stage.optimiserName, step: position.step, head });

      try {
        let end = ending(position.record, config.until, batches.perEpoch);
        while (!end) {
          // a step may be all promises that are settled already: this lets Ctrl-C, timers and the console have their turn
          await nextTurn();
          if (signal?.aborted) {
            await save();
            throw new Interrupted(directory);
          }
          const rate = rateNow();
          clock.began();
          const inputs = { ...(await batches.at(position.step)), rate: hostScalar(rate) };
          clock.loaded();
          const outputs = await executable.run(inputs);
          clock.computed();
          const [loss, accuracy, gradientNorm] = [outputs.loss.data[0], outputs.accuracy.data[0], outputs.gradientNorm.data[0]];
          const step = position.step + 1;
          if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) {
            const bad = await executable.readState();
            const tensor = firstBadTensor({ inputs, loss, state: bad, order: forwardOrder(model, random.fork('model'), bad), lossName: stage.name });
            const images = namesOf(batches.samplesAt(position.step), dataset);
            const planted = firstNotFinite(good.state);
            const { setbacks } = position.record;
            if (setbacks >= guard.retries || planted) throw notFinite({ loss, gradientNorm, step, stage, rate, savedAt, directory, tensor, images, planted, setbacks });
            await executable.writeState(good.state);
            position = { ...good.position, record: { ...good.position.record, setbacks: setbacks + 1 } };
            emit('train.setback', { stage: position.stage, step, backTo: position.step, rateFactor: guard.rateFactor ** position.record.setbacks, tensor, images });
            emit('notice', { level: 'warning', message: `${whatFailed({ loss, gradientNorm, step })} First bad: ${tensor}. Images: ${listed(images)}. Back to step ${position.step}, at the rate ${rateNow()} (${setbacks + 1} of ${guard.retries}).` });
            continue;
          }

          const former = position.record;
          position = { ...position, step, record: observe(former, loss, config) };
          end = ending(position.record, config.until, batches.perEpoch);
          throughput.count(batches.size);
          const imagesPerSecond = throughput.recent();
          emit('train.step', { stage: position.stage, step, epoch: Math.floor((step - 1) / batches.perEpoch), loss, accuracy, rate, imagesPerSecond, gradientNorm, ...(config.clipNorm !== undefined && { clipped: gradientNorm > config.clipNorm }), time: clock.step() });
          const atChance = watch(loss, accuracy);
          if (atChance) emit('notice', { level: 'warning', message: atChance, todo: CHANCE_TODO });
          emit('progress', { task: 'train', done: step * batches.size, total: imagesInAll(position, stages, batches), unit: 'images', perSecond: imagesPerSecond, text: `${stage.name}, loss ${loss.toFixed(3)}` });
          if (position.record.lingering > former.lingering) emit('notice', { level: 'info', message: lingers(position, config) });
          if (set.validation.length > 0 && (end || step % options.validation.everySteps === 0)) {
            emit('train.validation', { stage: position.stage, step, ...(await validator.measure(await executable.readState(weights))) });
          }
          if (step % options.checkpoint.everySteps === 0) await save();
        }

        state = await executable.readState();
        emit('stage.finished', { stage: position.stage, loss: stage.name, steps: position.record.steps, finalLoss: recentLoss(position.record), endedBecause: end.because, evidence: end.evidence });
        if (position.stage + 1 === stages.length) {
          await save();
          break;
        }
      } finally {
        executable.dispose();
        validator.dispose();
      }
      position = { ...position, stage: position.stage + 1, record: EMPTY_RECORD };
      ({ head, state } = nextState(model, state, stage, stages[position.stage], position.stage, identities, random));
    }
  } finally {
    await batches.close();
  }

  const modelDirectory = join(directory, 'model');
  await saveModel(modelDirectory, {
    card: {
      format: 1, model: options.modelReference, inputSize: [...model.inputSize], embeddingSize: model.embeddingSize, alignment: options.alignment,
      trained: { identities, images: set.training.length, steps: position.step, losses: stages.map((stage) => stage.name) },
    },
    params: under('model/params', state),
    statistics: under('model/statistics', state),
  });
  emit('train.finished', { steps: position.step, seconds: throughput.seconds(), imagesPerSecond: throughput.overall(), directory: modelDirectory });
  return { modelDirectory, steps: position.step, imagesPerSecond: throughput.overall() };
}

function requireEnds(stages: readonly TrainStage[]): void {
  const open = stages.findIndex(({ config: { schedule, until } }) => (schedule?.name === 'cosine' || schedule?.name === 'polynomial') && schedule.steps === undefined && until.steps === undefined && until.epochs === undefined);
  if (open >= 0) {
    throw new FacewrightError({ what: `The ${stages[open].config.schedule!.name} schedule of stage ${open + 1} (${stages[open].name}) has no end to fall to.`, where: `stages.${open}.schedule`, todo: 'Give it "steps", or give the stage\'s "until" steps or epochs.' });
  }
  const endless = stages.findIndex(({ config: { until } }) => until.steps === undefined && until.epochs === undefined && !until.plateau);
  if (endless < 0) return;
  throw new FacewrightError({ what: `Stage ${endless + 1} (${stages[endless].name}) would never end.`, where: `stages.${endless}.until`, todo: 'Give it steps, epochs or plateau.' });
}

/** What the whole training takes at most, where that is known: stages done count as they were, those to come by their limits. */
function imagesInAll({ step, stage, record }: Position, stages: readonly TrainStage[], { perEpoch, size }: { perEpoch: number; size: number }): number | undefined {
  const limits = stages.slice(stage).map(({ config }) => stepLimit(config.until, perEpoch));
  const steps = limits.reduce<number>((sum, limit) => sum + (limit ?? NaN), step - record.steps);
  return Number.isNaN(steps) ? undefined : steps * size;
}

function lingers({ record }: Position, { until }: StageConfig): string {
  const { patience, minimumGain, minimumLoss } = until.plateau!;
  const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;
  const mean = record.means.at(-1)!;
  if (mean <= minimumLoss) return `There is little left to learn: mean loss ${mean.toFixed(4)}, at or below ${minimumLoss} (${record.lingering} of ${patience}).`;
  return `The loss lingers: mean ${mean.toFixed(4)} after ${record.reference!.toFixed(4)}, a gain of ${percent(record.gain!)} where ${percent(minimumGain)} counts (${record.lingering} of ${patience}).`;
}

interface NotFinite {
  readonly loss: number;
  readonly gradientNorm: number;
  readonly step: number;
  readonly stage: TrainStage;
  readonly rate: number;
  readonly savedAt?: number;
  readonly directory: string;
  /** The first that went bad, and the step's images. */
  readonly tensor: string;
  readonly images: readonly string[];
  /** A tensor of the state to go back to that is bad itself. */
  readonly planted?: string;
  readonly setbacks: number;
}

const whatFailed = ({ loss, gradientNorm, step }: Pick<NotFinite, 'loss' | 'gradientNorm' | 'step'>): string =>
  `Training went wrong at step ${step}: ${Number.isFinite(loss) ? `the gradient's norm is ${gradientNorm} (loss ${loss})` : `the loss is ${loss}`}.`;

function notFinite({ stage, rate, savedAt, directory, tensor, images, planted, setbacks, ...failed }: NotFinite): FacewrightError {
  const lines = [
    `${whatFailed(failed)} That was in the stage with ${stage.name}, at the rate ${rate}.`,
    `The first tensor that went bad: ${tensor}. The step's images: ${listed(images)}.`,
    ...(setbacks ? [`${setbacks} times it went back and on at a lower rate.`] : []),
  ];
  const good = savedAt === undefined || planted ? '' : ` The checkpoint of step ${savedAt} is good.`;
  return new FacewrightError({
    what: lines.join('\n'),
    where: directory,
    todo: planted ? `The state it began with is bad already, in ${planted}: start from other weights.` : `Lower the rate, add warm-up steps or set "clipNorm", and train anew; look at the images named.${good}`,
  });
}

const countNumbers = (tensors: HostTensors): number => Object.values(tensors).reduce((sum, { data }) => sum + data.length, 0);
