/**
 * Large batches in little memory: a step processes its batch in equal parts, sums their gradients and updates once with
 * the mean. This equals the gradient of the whole batch for a loss that is a mean over the images, with two exceptions
 * common to gradient accumulation in every framework:
 *
 *   batch norm        normalises each part by its own mean and variance; its running statistics become the mean of what the parts would make of them
 *   loss statistics   of the batch (AdaFace, CurricularFace) are those of the part, and become the mean in the same way
 */
import {
  FacewrightError,
  filled,
  hostScalar,
  type ByteTensor,
  type Engine,
  type Executable,
  type HostTensor,
  type HostTensors,
  type InputTensors,
  type Loss,
  type Model,
  type Optimiser,
} from '@facewright/core';
import { imagesPerPart } from '../cluster/share.js';
import { firstScale, onlyScaler, withoutScaler } from './loss-scale.js';
import { accumulatedName, isParameter, isStatistic, trainStep } from './step.js';

type Specs = Readonly<Record<string, Pick<HostTensor, 'shape' | 'dtype'>>>;

export interface BatchParts {
  /** Images per step. */
  readonly size: number;
  /** Number of equal parts. */
  readonly parts: number;
}

/**
 * Images per step and number of parts, which is a multiple of the number of ranks. If there are fewer images than a
 * batch, uses as many whole parts as possible.
 */
export function batchParts(batch: number, microBatch: number | undefined, images = batch, ranks = 1): BatchParts {
  if (microBatch !== undefined && batch % microBatch !== 0) {
    throw new FacewrightError({
      what: `A batch of ${batch} images cannot be split into parts of ${microBatch}.`,
      where: 'microBatch',
      todo: `Choose a divisor of ${batch}${divisorNear(batch, microBatch)}, or another "batch".`,
    });
  }
  if (ranks > 1) return partsOfRanks(batch, microBatch, images, ranks);
  const size = Math.min(batch, images);
  if (microBatch === undefined || microBatch >= size) return { size, parts: 1 };
  const parts = Math.floor(size / microBatch);
  return { size: parts * microBatch, parts };
}

function partsOfRanks(batch: number, microBatch: number | undefined, images: number, ranks: number): BatchParts {
  const part = imagesPerPart(batch, microBatch, ranks);
  const parts = Math.floor(Math.min(batch, images) / (part * ranks)) * ranks;
  if (parts === 0)
    throw new FacewrightError({
      what: `There are only ${images} images to train on, too few for ${ranks} processes with ${part} each.`,
      where: 'batch',
      todo: 'Lower "batch", or start fewer processes.',
    });
  return { size: parts * part, parts };
}

function divisorNear(batch: number, wanted: number): string {
  const divisors = Array.from({ length: batch }, (_, i) => i + 1).filter(
    (number) => number > 1 && batch % number === 0,
  );
  const nearest = divisors.reduce(
    (best, number) => (Math.abs(number - wanted) < Math.abs(best - wanted) ? number : best),
    batch,
  );
  return `, e.g. ${nearest}`;
}

export interface TrainingOptions {
  readonly engine: Engine;
  readonly name?: string;
  readonly model: Model;
  readonly loss: Loss;
  readonly optimiser: Optimiser;
  readonly clipNorm?: number;
  /** Names of frozen parameters. */
  readonly frozen?: ReadonlySet<string>;
  /** Number of parts; each holds batch / parts images. */
  readonly parts: number;
  /** All tensors of the training, without gradient sums. */
  readonly state: HostTensors;
  /** As in `CompileOptions`. */
  readonly hostBytes?: number;
}

/**
 * A compiled `trainStep` that takes whole batches. `loss` and `accuracy` are means over the parts; `gradientNorm` is
 * the norm of the mean gradient. Gradient sums carry no information between steps and are not in the state that is
 * read, so a checkpoint resumes exactly without them. Calls must not overlap, and the caller must not change their
 * arrays until they return. If the engine uses loss scaling, the state that is read includes the scaler's entries,
 * `state` may include them, and there is an output `lossScale`; otherwise such entries are dropped.
 */
export function compileTraining({
  engine,
  name,
  model,
  loss,
  optimiser,
  clipNorm,
  frozen,
  parts,
  state: given,
  hostBytes,
}: TrainingOptions): Executable {
  const { lossScaling } = engine;
  const step = trainStep(model, loss, optimiser, { clipNorm, microBatches: parts, frozen, lossScaling });
  const state = { ...withoutScaler(given), ...(lossScaling && { ...firstScale(lossScaling), ...onlyScaler(given) }) };
  const written = (values: HostTensors): HostTensors => (lossScaling ? values : withoutScaler(values));
  if (parts === 1) {
    const executable = engine.compile(step, { name, state, inputsStay: true, hostBytes });
    return {
      get lowering() {
        return executable.lowering;
      },
      run: (inputs) => executable.run(inputs),
      ...(executable.send && { send: (inputs) => executable.send!(inputs) }),
      readState: (names) => executable.readState(names),
      writeState: (values) => executable.writeState(written(values)),
      dispose: () => executable.dispose(),
    };
  }
  const sums = Object.entries(trainingState(state, parts)).filter(([entry]) => !(entry in state));
  const executable = engine.compile(step, {
    name,
    state: { ...state, ...Object.fromEntries(sums.map(([entry, { shape }]) => [entry, filled(shape, 0)])) },
    inputsStay: true,
    hostBytes,
  });
  return {
    get lowering() {
      return executable.lowering;
    },
    async run({ rate, ...batch }) {
      const outputs: HostTensors[] = [];
      for (let part = 0; part < parts; part++) {
        const flags = { first: hostScalar(Number(part === 0)), last: hostScalar(Number(part === parts - 1)) };
        outputs.push(await executable.run({ rate, ...flags, ...partsOf(batch, part, parts) }));
      }
      const mean = (output: string): HostTensor =>
        hostScalar(outputs.reduce((sum, values) => sum + values[output].data[0], 0) / parts);
      return {
        loss: mean('loss'),
        accuracy: mean('accuracy'),
        ...(lossScaling && { lossScale: outputs[parts - 1].lossScale }),
        gradientNorm: outputs[parts - 1].gradientNorm,
      };
    },
    readState: (names = Object.keys(state)) => executable.readState(names),
    writeState: (values) => executable.writeState(written(values)),
    dispose: () => executable.dispose(),
  };
}

/**
 * Shapes of everything that a step with this many parts keeps: the training's tensors, and a sum per parameter and
 * statistic.
 */
export function trainingState(state: Specs, parts: number): Specs {
  if (parts === 1) return state;
  const sums = Object.entries(state)
    .filter(([name]) => isParameter(name) || isStatistic(name))
    .map(([name, { shape, dtype }]) => [accumulatedName(name), { shape, dtype }] as const);
  return { ...state, ...Object.fromEntries(sums) };
}

/** One of so many equal parts of each tensor, as views. */
export const partsOf = (batch: InputTensors, part: number, parts: number): InputTensors =>
  Object.fromEntries(Object.entries(batch).map(([name, tensor]) => [name, partOf(tensor, part, parts)]));

function partOf(tensor: HostTensor | ByteTensor, part: number, parts: number): HostTensor | ByteTensor {
  const [count, ...rest] = tensor.shape;
  const size = tensor.data.length / parts;
  const data = tensor.data.subarray(part * size, (part + 1) * size);
  return { ...tensor, shape: [count / parts, ...rest], data } as HostTensor | ByteTensor;
}
