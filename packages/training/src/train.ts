/**
 * The training, from top to bottom: draw who is trained on, go on from a checkpoint or start, then stage by stage step after step until the stage's
 * rule ends it; validate and write a checkpoint now and then; at the end write the model.
 */
import {
  DeviceLost,
  Interrupted,
  hostScalar,
  releaseArray,
  runConfig,
  under,
  type Dataset,
  type Emit,
  type Engine,
  type Executable,
  type HostTensors,
  type InitialState,
  type Loss,
  type Model,
  type Optimiser,
  type Random,
  type RunConfig,
  type StageConfig,
} from '@facewright/core';
import { join, nextTurn } from '@facewright/platform';
import { createBatches } from './data/batches.js';
import { Checkpoints, isBetter, type Checkpoint, type Position } from './checkpoint/checkpoints.js';
import { classMeans } from './loop/class-means.js';
import { digestOf } from './checkpoint/digest.js';
import { notFinite, whatFailed } from './loop/failure.js';
import { frozenParameters } from './step/freeze.js';
import {
  CHANCE_TODO,
  createChanceWatch,
  firstBadTensor,
  firstNotFinite,
  forwardOrder,
  listed,
  namesOf,
  type Guard,
} from './loop/guard.js';
import { createImageStore } from './data/images.js';
import { isOverflow, isScaler, onlyScaler, withoutScaler } from './step/loss-scale.js';
import { makingsOf } from './checkpoint/makings.js';
import { batchParts, compileTraining } from './step/micro-batches.js';
import { saveModel } from './checkpoint/model-files.js';
import { writePeople } from './checkpoint/people.js';
import { rateAt } from './loop/schedule.js';
import {
  criteriaOf,
  ending,
  firstRecord,
  observe,
  recentLoss,
  remarks,
  stepLimit,
  type NamedCriterion,
} from './criteria/stage-end.js';
import {
  centresOf,
  noCentres,
  requireModelTensors,
  requireSameTensors,
  stageState,
  type HeadStart,
  type KnownCentres,
  type StageStart,
} from './loop/stage-state.js';
import { isParameter } from './step/step.js';
import { createStepClock, createThroughput } from './loop/throughput.js';
import { drawTrainingSet } from './data/training-set.js';
import { createValidator, type Validation, type Validator } from './evaluation/validate.js';
import { imagesInAll, requireEnds, requireNoValidation } from './loop/stage-checks.js';

export interface TrainStage {
  /** The loss's name. */
  readonly name: string;
  readonly loss: Loss;
  readonly optimiserName: string;
  readonly optimiser: Optimiser;
  readonly config: StageConfig;
  /** Those of `until.any`. */
  readonly criteria?: readonly NamedCriterion[];
}

/** Weights that a training begins from, and the class centres of their head. */
export interface Beginning {
  readonly weights: InitialState;
  readonly known?: KnownCentres;
  /** For errors. */
  readonly where: string;
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
  /** Images being read and decoded at a time; changes no byte. */
  readonly workers?: number;
  /** Mirror half of the images. */
  readonly flip: boolean;
  readonly validation: RunConfig['validation'];
  readonly checkpoint: Omit<RunConfig['checkpoint'], 'best'> & { readonly best?: boolean };
  /** Without it a loss that is no number ends the training. */
  readonly guard?: Guard;
  /** `checkpoints/` and `model/` are written into it. */
  readonly directory: string;
  /** What it begins from in place of drawn weights; asked for where there is no checkpoint to go on from. */
  readonly from?: () => Promise<Beginning>;
  readonly licences?: RunConfig['licences'];
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

/** A device that is lost so often with no checkpoint in between is not worth another try. */
const MOST_LOSSES = 3;

export async function train(options: TrainOptions): Promise<TrainResult> {
  const { dataset, model, stages, engine, random, emit, signal, directory } = options;
  const guard = options.guard ?? { ...runConfig.shape.guard.parse({}), retries: 0 };
  const criteria = stages.map(({ config, criteria }) => criteriaOf(config.until, criteria));
  requireEnds(stages, criteria);

  const set = drawTrainingSet(dataset, options.exclude ?? [], options.validation, random);
  const identities = set.identities.length;
  if (set.validation.length === 0) requireNoValidation(stages, criteria);
  const store = createImageStore(dataset, model, set.training.length + set.validation.length);
  const { size, parts } = batchParts(options.batch, options.microBatch, set.training.length);
  const batches = createBatches({
    samples: set.training,
    store,
    model,
    size,
    flip: options.flip,
    random,
    workers: options.workers,
  });
  if (size < options.batch) {
    emit('notice', {
      level: 'warning',
      message: `There are only ${set.training.length} images to train on: a step takes ${size < set.training.length ? size : 'them all'} instead of ${options.batch}.`,
      todo: 'Add photos, or lower "batch".',
    });
  }

  const makings = makingsOf({ ...options, guard }, set);
  const checkpoints = new Checkpoints(join(directory, 'checkpoints'), options.checkpoint.keep, makings, emit);
  const found = options.resume ? await checkpoints.latest() : await checkpoints.requireNone();
  if (found)
    requireSameTensors(withoutScaler(found.state), model, stages[found.position.stage], identities, random, directory);
  const begin = (stage: number, weights: InitialState, known?: KnownCentres): Promise<StageStart> =>
    stageState(weights, stages[stage], {
      identities: set.identities,
      embeddingSize: model.embeddingSize,
      rule: stages[stage].config.init,
      known,
      random: random.fork('head', stage),
      meansOf: (labels) => classMeans(weights, labels, { engine, model, samples: set.training, store, emit }),
    });
  let { state, head }: { state: HostTensors; head?: HeadStart } = found ?? (await firstStage());
  if (!found) await writePeople(join(directory, 'checkpoints'), set.identities);
  let position: Position = found
    ? { ...found.position, anchor: undefined }
    : { step: 0, stage: 0, record: firstRecord(criteria[0]) };
  let anchor = found?.position.anchor;
  let savedAt = found?.position.step;

  async function firstStage(): Promise<StageStart> {
    const from = await options.from?.();
    if (from) requireModelTensors(from.weights, model, random, from.where);
    // to weights that bring no centres everybody is a newcomer
    return begin(
      0,
      from?.weights ?? model.init(random.fork('model')),
      from && (from.known ?? noCentres(model.embeddingSize)),
    );
  }

  emit('train.started', {
    identities,
    images: set.training.length,
    validation: set.validation.length,
    parameters: countNumbers(under('model/params', state)),
    resumedAt: found?.position.step,
  });
  const throughput = createThroughput();
  const clock = createStepClock();
  try {
    for (;;) {
      const stage = stages[position.stage];
      const { config } = stage;
      const own = criteria[position.stage];
      const limit = stepLimit(own, batches.perEpoch);
      const names = Object.keys(state);
      const frozen = config.freeze && frozenParameters(config.freeze, names.filter(isParameter), model);
      const frozenNow = (): boolean =>
        frozen !== undefined && position.record.steps < (config.freeze?.steps ?? Infinity);
      const compile = (): Executable =>
        compileTraining({
          engine,
          name: `training with ${stage.name}`,
          model,
          loss: stage.loss,
          optimiser: stage.optimiser,
          clipNorm: config.clipNorm,
          frozen: frozenNow() ? frozen : undefined,
          parts,
          state,
        });
      let compiledFrozen = frozenNow();
      let executable = compile();
      const openValidator = (): Validator =>
        createValidator({ engine, model, loss: stage.loss, samples: set.validation, store, batch: size / parts });
      let validator = openValidator();
      const watch = createChanceWatch({ identities, batch: batches.size, after: guard.chanceAfter });
      // what a step that went wrong is undone to: the last checkpoint in turn, or the stage's start
      let good: Checkpoint = (anchor === undefined ? undefined : await checkpoints.at(anchor)) ?? { position, state };
      let goodIsSaved = head === undefined;
      let timesLost = 0;
      anchor = undefined;
      const rateOf = ({ record }: Position): number =>
        rateAt(config, record.steps, limit) * guard.rateFactor ** record.setbacks;
      const weights = names.filter((name) => !name.startsWith('memory/') && !isScaler(name));
      const write = async (checkpoint: Checkpoint): Promise<void> => {
        const batchInEpoch = checkpoint.position.step % batches.perEpoch;
        const epoch = (checkpoint.position.step - batchInEpoch) / batches.perEpoch;
        await checkpoints.write(checkpoint, {
          epoch,
          batchInEpoch,
          rate: rateOf(checkpoint.position),
          about: { model: options.modelReference, alignment: options.alignment, loss: config.loss },
        });
        savedAt = checkpoint.position.step;
      };
      /** One out of turn changes nothing of what a later step would go back to: it names that one, which must be there too then. */
      const save = async (inTurn: boolean): Promise<void> => {
        if (savedAt === position.step && !(inTurn && good.position.step !== position.step)) return;
        const now = { position, state: await executable.readState() };
        if (inTurn) {
          [good, goodIsSaved, timesLost] = [now, true, 0];
          return write(now);
        }
        if (!goodIsSaved) await write(good);
        goodIsSaved = true;
        await write({ ...now, position: { ...position, anchor: good.position.step } });
      };
      const goBack = (setbacks: number): void => {
        savedAt = goodIsSaved ? good.position.step : undefined;
        position = { ...good.position, record: { ...good.position.record, setbacks } };
      };
      /** What was on the device is gone: on from what a step that went wrong is undone to, with the same steps again. */
      const recover = async (error: unknown): Promise<void> => {
        if (!(error instanceof DeviceLost) || !engine.recover || ++timesLost > MOST_LOSSES) throw error;
        executable.dispose();
        validator.dispose();
        await engine.recover();
        state = good.state;
        goBack(position.record.setbacks);
        [compiledFrozen, executable, validator] = [frozenNow(), compile(), openValidator()];
        emit('notice', {
          level: 'warning',
          message: `${error.what} It is there again: back to step ${position.step}.`,
        });
      };
      emit('stage.started', {
        stage: position.stage,
        loss: stage.name,
        optimiser: stage.optimiserName,
        step: position.step,
        head: head ? (head.carried + head.means ? 'adopted' : 'fresh') : 'resumed',
      });
      if (head?.means)
        emit('notice', {
          level: 'info',
          message: `Class centres: ${head.carried} carried over, ${head.means} begun at the mean embedding of a person's photos.`,
        });
      if (head?.carried && head.drawn)
        emit('notice', { level: 'info', message: `Class centres: ${head.carried} carried over, ${head.drawn} drawn.` });

      try {
        let end = ending(position.record, own);
        for (;;) {
          try {
            if (end) {
              state = await executable.readState();
              break;
            }
            // a step may be all promises that are settled already: this lets Ctrl-C, timers and the console have their turn
            await nextTurn();
            if (signal?.aborted) {
              await save(false);
              throw new Interrupted(directory);
            }
            if (frozenNow() !== compiledFrozen) {
              state = await executable.readState();
              executable.dispose();
              [compiledFrozen, executable] = [frozenNow(), compile()];
            }
            const rate = rateOf(position);
            clock.began();
            const inputs: HostTensors = { ...(await batches.at(position.step)), rate: hostScalar(rate) };
            clock.loaded();
            const outputs = await executable.run(inputs);
            clock.computed();
            const [loss, accuracy, gradientNorm] = [
              outputs.loss.data[0],
              outputs.accuracy.data[0],
              outputs.gradientNorm.data[0],
            ];
            const lossScale = outputs.lossScale?.data[0];
            const skipped = isOverflow({ loss, gradientNorm, lossScale });
            const step = position.step + 1;
            if (!skipped && !(Number.isFinite(loss) && Number.isFinite(gradientNorm))) {
              const bad = await executable.readState();
              const tensor = firstBadTensor({
                inputs,
                loss,
                state: bad,
                order: forwardOrder(model, random.fork('model'), bad),
                lossName: stage.name,
              });
              const images = namesOf(batches.samplesAt(position.step), dataset);
              const planted = firstNotFinite(good.state);
              const { setbacks } = position.record;
              if (setbacks >= guard.retries || planted)
                throw notFinite({
                  loss,
                  gradientNorm,
                  step,
                  stage,
                  rate,
                  savedAt,
                  directory,
                  tensor,
                  images,
                  planted,
                  setbacks,
                });
              await executable.writeState(good.state);
              goBack(setbacks + 1);
              emit('train.setback', {
                stage: position.stage,
                step,
                backTo: position.step,
                rateFactor: guard.rateFactor ** position.record.setbacks,
                tensor,
                images,
              });
              emit('notice', {
                level: 'warning',
                message: `${whatFailed({ loss, gradientNorm, step })} First bad: ${tensor}. Images: ${listed(images)}. Back to step ${position.step}, at the rate ${rateOf(position)} (${setbacks + 1} of ${guard.retries}).`,
              });
              continue;
            }

            releaseArray(inputs.images.data);
            throughput.count(batches.size);
            const imagesPerSecond = throughput.recent();
            emit('train.step', {
              stage: position.stage,
              step,
              epoch: Math.floor((step - 1) / batches.perEpoch),
              loss,
              accuracy,
              rate,
              imagesPerSecond,
              ...(!skipped && {
                gradientNorm,
                ...(config.clipNorm !== undefined && { clipped: gradientNorm > config.clipNorm }),
              }),
              ...(lossScale !== undefined && { lossScale: { scale: lossScale, skipped } }),
              time: clock.step(),
            });
            const atChance = watch(loss, accuracy);
            if (atChance) emit('notice', { level: 'warning', message: atChance, todo: CHANCE_TODO });
            const validate = async (): Promise<Validation> => {
              const measured = await validator.measure(await executable.readState(weights));
              emit('train.validation', { stage: position.stage, step, ...measured });
              return measured;
            };
            let validation =
              set.validation.length > 0 && step % options.validation.everySteps === 0 ? await validate() : undefined;
            const former = position.record;
            const record = observe(former, own, {
              loss,
              accuracy,
              stepsPerEpoch: batches.perEpoch,
              warmingUp: former.steps < config.warmUp,
              ...(validation && { validation }),
            });
            position = { ...position, step, record };
            end = ending(record, own);
            emit('progress', {
              task: 'train',
              done: step * batches.size,
              total: imagesInAll(position, criteria, batches),
              unit: 'images',
              perSecond: imagesPerSecond,
              text: `${stage.name}, loss ${loss.toFixed(3)}`,
            });
            for (const message of remarks(record, former, own)) emit('notice', { level: 'info', message });
            if (end && set.validation.length > 0) validation ??= await validate();
            const best = options.checkpoint.best && validation && isBetter(validation, position.best);
            if (best)
              position = { ...position, best: { step, accuracy: validation!.accuracy, loss: validation!.loss } };
            if (step % options.checkpoint.everySteps === 0) await save(true);
            else if (best) await save(false);
          } catch (error) {
            await recover(error);
            end = ending(position.record, own);
          }
        }

        emit('stage.finished', {
          stage: position.stage,
          loss: stage.name,
          steps: position.record.steps,
          finalLoss: recentLoss(position.record),
          endedBecause: end.because,
          evidence: end.evidence,
        });
        if (position.stage + 1 === stages.length) {
          await save(true);
          break;
        }
      } finally {
        executable.dispose();
        validator.dispose();
      }
      position = { ...position, stage: position.stage + 1, record: firstRecord(criteria[position.stage + 1]) };
      const scaler = onlyScaler(state);
      ({ head, state } = await begin(
        position.stage,
        { params: under('model/params', state), statistics: under('model/statistics', state) },
        centresOf(stage.loss, state, set.identities),
      ));
      state = { ...state, ...scaler };
    }
  } finally {
    await batches.close();
  }

  const modelDirectory = join(directory, 'model');
  await saveModel(modelDirectory, {
    card: {
      format: 1,
      model: options.modelReference,
      inputSize: [...model.inputSize],
      embeddingSize: model.embeddingSize,
      alignment: options.alignment,
      trained: {
        identities,
        images: set.training.length,
        steps: position.step,
        losses: stages.map((stage) => stage.name),
        data: digestOf([makings.dataset, makings.people]),
        batch: size,
        stages: stages.map(({ config }) => config),
      },
      ...(options.licences && { licences: options.licences }),
    },
    params: under('model/params', state),
    statistics: under('model/statistics', state),
  });
  emit('train.finished', {
    steps: position.step,
    seconds: throughput.seconds(),
    imagesPerSecond: throughput.overall(),
    directory: modelDirectory,
  });
  return { modelDirectory, steps: position.step, imagesPerSecond: throughput.overall() };
}

const countNumbers = (tensors: HostTensors): number =>
  Object.values(tensors).reduce((sum, { data }) => sum + data.length, 0);
