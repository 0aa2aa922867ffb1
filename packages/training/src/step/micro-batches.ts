/**
 * Big batches in little memory: a step goes over its batch in equal parts, sums their gradients and updates once with the mean. That is the
 * gradient of the whole batch for a loss that is a mean over the images, with two exceptions that every framework's accumulation has:
 *
 *   batch norm        normalises each part by its own mean and variance, and its running statistics move with every part, so k times a step
 *   a loss's own      statistics of the batch (AdaFace, CurricularFace) are those of the part, and move with every part
 */
import {
  FacewrightError,
  filled,
  hostScalar,
  hostTensor,
  type Engine,
  type Executable,
  type HostTensor,
  type HostTensors,
  type Loss,
  type Model,
  type Optimiser,
} from '@facewright/core';
import { firstScale, onlyScaler, withoutScaler } from './loss-scale.js';
import { accumulatedName, isParameter, trainStep } from './step.js';

type Specs = Readonly<Record<string, Pick<HostTensor, 'shape' | 'dtype'>>>;

export interface BatchParts {
  /** Images in a step. */
  readonly size: number;
  /** Parts of equal size in which it goes over them. */
  readonly parts: number;
}

/** How many images a step takes, and in how many parts: of fewer images than a batch as many whole parts as there are. */
export function batchParts(batch: number, microBatch: number | undefined, images = batch): BatchParts {
  if (microBatch !== undefined && batch % microBatch !== 0) {
    throw new FacewrightError({
      what: `A batch of ${batch} images cannot be split into parts of ${microBatch}.`,
      where: 'microBatch',
      todo: `Choose a divisor of ${batch}${divisorNear(batch, microBatch)}, or another "batch".`,
    });
  }
  const size = Math.min(batch, images);
  if (microBatch === undefined || microBatch >= size) return { size, parts: 1 };
  const parts = Math.floor(size / microBatch);
  return { size: parts * microBatch, parts };
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
  /** Names of parameters that stay as they are. */
  readonly frozen?: ReadonlySet<string>;
  /** Parts in which a batch is gone over; each holds batch / parts images. */
  readonly parts: number;
  /** All of the training's tensors, without sums of gradients. */
  readonly state: HostTensors;
}

/**
 * A compiled `trainStep` that takes whole batches. `loss` and `accuracy` are means over the parts, `gradientNorm` is that of the mean gradient.
 * The sums of gradients mean nothing between steps and are no part of the state that is read: a checkpoint goes on exactly without them.
 * Calls must wait for each other, and their arrays stay as they are until they are answered. Where the engine asks for loss scaling, the state
 * that is read has the scaler's entries, `state` may have them, and there is an output `lossScale`; elsewhere such entries are left out.
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
}: TrainingOptions): Executable {
  const { lossScaling } = engine;
  const step = trainStep(model, loss, optimiser, { clipNorm, microBatches: parts, frozen, lossScaling });
  const state = { ...withoutScaler(given), ...(lossScaling && { ...firstScale(lossScaling), ...onlyScaler(given) }) };
  const written = (values: HostTensors): HostTensors => (lossScaling ? values : withoutScaler(values));
  if (parts === 1) {
    const executable = engine.compile(step, { name, state, inputsStay: true });
    return {
      get lowering() {
        return executable.lowering;
      },
      run: (inputs) => executable.run(inputs),
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
  });
  return {
    get lowering() {
      return executable.lowering;
    },
    async run({ images, labels, ...rest }) {
      const outputs: HostTensors[] = [];
      for (let part = 0; part < parts; part++) {
        const flags = { first: hostScalar(Number(part === 0)), last: hostScalar(Number(part === parts - 1)) };
        outputs.push(
          await executable.run({
            ...rest,
            ...flags,
            images: partOf(images, part, parts),
            labels: partOf(labels, part, parts),
          }),
        );
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

/** The shapes of all that a step in so many parts keeps: the training's tensors, and a sum of gradients for each parameter. */
export function trainingState(state: Specs, parts: number): Specs {
  if (parts === 1) return state;
  const sums = Object.entries(state)
    .filter(([name]) => isParameter(name))
    .map(([name, { shape, dtype }]) => [accumulatedName(name), { shape, dtype }] as const);
  return { ...state, ...Object.fromEntries(sums) };
}

/** The images of one part; a view of the same numbers. */
function partOf({ shape: [count, ...rest], data }: HostTensor, part: number, parts: number): HostTensor {
  const size = data.length / parts;
  return hostTensor([count / parts, ...rest], data.subarray(part * size, (part + 1) * size));
}
