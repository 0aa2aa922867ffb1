/**
 * What training will need, from shapes alone: parameters, and the memory of a step as it is, with recomputation, and in
 * micro-batches.
 */
import { COMPILING_BYTES, planStep } from '@facewright/backend-onnx';
import {
  type Engine,
  type HostTensor,
  type Loss,
  type Model,
  type Optimiser,
  type StepSignature,
} from '@facewright/core';
import { batchParts, classesInStep, hostMemory, stateShapes, trainStep, trainingState } from '@facewright/training';

export interface PlanOptions {
  readonly model: Model;
  readonly stages: readonly {
    readonly name: string;
    readonly loss: Loss;
    readonly optimiserName: string;
    readonly optimiser: Optimiser;
    readonly clipNorm?: number;
  }[];
  readonly classes: number;
  readonly batch: number;
  readonly microBatch?: number;
  /** Images per block if steps use the `blocked` layout, else 0. */
  readonly block: number;
  /** Memory limit of the process. */
  readonly limitBytes: number;
  /** The process's current memory. */
  readonly processBytes: number;
  /** Images of the dataset, which are kept in memory if they fit; default: none. */
  readonly images?: number;
  /** Whether the engine's buffers can go back to the system; see `planStep`. */
  readonly returns?: boolean;
}

export interface StagePlan {
  readonly loss: string;
  readonly optimiser: string;
  /** Number of trainable parameters, and of values in the optimiser state. */
  readonly parameters: { readonly model: number; readonly head: number; readonly optimiser: number };
  /** Classes that a step sees: all of them, unless the head is trained on a sample. */
  readonly classesInStep: number;
  /** Peak memory of intermediate values, for the whole batch at once. */
  readonly activationBytes: number;
  /** Peak memory of the process. */
  readonly peakBytes: {
    /** For the whole batch at once. */
    readonly exact: number;
    /** The same results in the least memory, with this many values recomputed. */
    readonly rematerialised: { readonly bytes: number; readonly values: number };
    /** In micro-batches of this many images. */
    readonly microBatches: readonly { readonly microBatch: number; readonly bytes: number }[];
  };
  /** What the engine will do here, with the config's micro-batches. */
  readonly here: { readonly bytes: number; readonly recomputed: number; readonly fits: boolean };
}

type Spec = Pick<HostTensor, 'shape' | 'dtype'>;
type Specs = Readonly<Record<string, Spec>>;
type InputSpecs = StepSignature['inputs'];

export function planTraining({
  model,
  stages,
  classes,
  batch,
  microBatch,
  block,
  limitBytes,
  processBytes,
  images = 0,
  returns,
}: PlanOptions): StagePlan[] {
  return stages.map(({ name, loss, optimiserName, optimiser, clipNorm }) => {
    const { state, seen, inStep } = stageStates(model, loss, optimiser, classes, batch);
    const beside = processBytes + COMPILING_BYTES + hostMemory({ state, loss, model, images });
    const memory = (size: number, memoryBytes?: number) => {
      const { parts } = batchParts(batch, size);
      const step = trainStep(model, loss, optimiser, { clipNorm, microBatches: parts });
      return planStep(step, trainingState(seen, parts), inputsOf(model, batch / parts, parts), {
        block,
        memoryBytes,
        returns,
      });
    };
    const whole = memory(batch);
    const least = memory(batch, 0);
    const here = memory(microBatch ?? batch, limitBytes - beside);
    return {
      loss: name,
      optimiser: optimiserName,
      parameters: parametersOf(state),
      classesInStep: inStep,
      activationBytes: whole.activationBytes,
      peakBytes: {
        exact: beside + whole.bytes,
        rematerialised: { bytes: beside + least.bytes, values: least.recomputed },
        microBatches: partSizes(batch).map((size) => ({
          microBatch: size,
          bytes: beside + memory(size).bytes,
        })),
      },
      here: {
        bytes: beside + here.bytes,
        recomputed: here.recomputed,
        fits: beside + here.bytes <= limitBytes,
      },
    };
  });
}

function parametersOf(state: Specs): StagePlan['parameters'] {
  const numbers = (prefix: string): number =>
    Object.entries(state)
      .filter(([entry]) => entry.startsWith(prefix))
      .reduce((sum, [, { shape }]) => sum + shape.reduce((a, b) => a * b, 1), 0);
  return { model: numbers('model/params/'), head: numbers('head/params/'), optimiser: numbers('memory/') };
}

/** A stage on a device with its own memory. */
export interface DeviceStagePlan extends Pick<StagePlan, 'loss' | 'optimiser' | 'parameters' | 'classesInStep'> {
  /** For one device, with the config's micro-batches. */
  readonly deviceBytes: number;
  /** Memory available to a program, if the device reports it. */
  readonly deviceLimitBytes?: number;
  readonly fits?: boolean;
}

/** As reported by the engine's compiler: each step is compiled but not run. */
export async function planOnDevice(
  { memoryOf, bytes: takesBytes }: Required<Pick<Engine, 'memoryOf'>> & Pick<Engine, 'bytes'>,
  {
    model,
    stages,
    classes,
    batch,
    microBatch,
  }: Pick<PlanOptions, 'model' | 'stages' | 'classes' | 'batch' | 'microBatch'>,
): Promise<DeviceStagePlan[]> {
  const plans: DeviceStagePlan[] = [];
  for (const { name, loss, optimiserName, optimiser, clipNorm } of stages) {
    const { state, seen, inStep } = stageStates(model, loss, optimiser, classes, batch);
    const { parts } = batchParts(batch, microBatch ?? batch);
    const step = trainStep(model, loss, optimiser, { clipNorm, microBatches: parts });
    const { bytes, limitBytes } = await memoryOf(step, {
      name,
      state: trainingState(seen, parts),
      inputs: sentInputs(inputsOf(model, batch / parts, parts), takesBytes),
    });
    plans.push({
      loss: name,
      optimiser: optimiserName,
      parameters: parametersOf(state),
      classesInStep: inStep,
      deviceBytes: bytes,
      ...(limitBytes !== undefined && { deviceLimitBytes: limitBytes, fits: bytes <= limitBytes }),
    });
  }
  return plans;
}

const FEWEST = 16;

/** Halves, quarters, … of the batch. */
function partSizes(batch: number): number[] {
  const half = batch / 2;
  return Number.isInteger(half) && half >= FEWEST ? [half, ...partSizes(half)] : [];
}

/** The tensors of a stage, those that a step holds of them, and the number of classes that it sees. */
function stageStates(model: Model, loss: Loss, optimiser: Optimiser, classes: number, batch: number) {
  const state = stateShapes(model, { loss, optimiser }, classes);
  if (!loss.sampled) return { state, seen: state, inStep: classes };
  const inStep = classesInStep(loss.sampled.rate, classes, batch);
  return { state, seen: stateShapes(model, { loss, optimiser }, inStep), inStep };
}

function inputsOf({ inputSize: [height, width] }: Model, images: number, parts: number): Specs {
  const scalar: Spec = { shape: [], dtype: 'float32' };
  return {
    images: { shape: [images, height, width, 3], dtype: 'float32' },
    labels: { shape: [images], dtype: 'int32' },
    rate: scalar,
    ...(parts > 1 && { first: scalar, last: scalar }),
  };
}

/** As an engine gets them; see the training package's step/image-input.ts. */
function sentInputs(inputs: Specs, bytes = false): InputSpecs {
  if (!bytes) return inputs;
  const { shape } = inputs.images;
  return { ...inputs, images: { shape, dtype: 'uint8' }, mirrored: { shape: [shape[0]], dtype: 'uint8' } };
}
