/**
 * The training and validation steps as pure functions over named tensors. All training state shares one flat namespace:
 * `model/params/…`, `model/statistics/…`, `head/params/…`, `head/statistics/…`, `memory/…` (optimiser state),
 * `accumulated/…` (sums over the parts of a batch, with micro-batches), and `scaler/…` (on engines with loss scaling).
 */
import {
  prefixed,
  stripPrefix,
  type Loss,
  type LossScaling,
  type Model,
  type Optimiser,
  type State,
  type StepFunction,
} from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { frozenStatistic, wholeModelFrozen } from './freeze.js';
import { modelInput } from './image-input.js';
import { nextScale, SCALE } from './loss-scale.js';

/** Whether an entry of the state is learned by gradient descent. */
export const isParameter = (name: string): boolean =>
  name.startsWith('model/params/') || name.startsWith('head/params/');

/** Whether an entry of the state follows the batches without being learned, such as the mean in batch norm. */
export const isStatistic = (name: string): boolean =>
  name.startsWith('model/statistics/') || name.startsWith('head/statistics/');

export interface StepOptions {
  readonly clipNorm?: number;
  /**
   * Parts of a batch whose gradients are averaged for one update; default 1. `compileTraining` splits batches into
   * them.
   */
  readonly microBatches?: number;
  /** Names of frozen parameters. */
  readonly frozen?: ReadonlySet<string>;
  /** The engine's loss scaling. If set, the state has the scaler's entries. */
  readonly lossScaling?: LossScaling;
}

/**
 * Forward, backward and update. Inputs: `images` [n, height, width, 3], float32 and already scaled as the model
 * expects, or bytes, which the step scales, with `mirrored` [n], nonzero for those to flip horizontally; `labels` [n]
 * int32; `rate` scalar. Outputs, all scalars: `loss`, `accuracy` (fraction of images whose largest logit
 * without margin is at the label), `gradientNorm`. If the global gradient norm exceeds `clipNorm`, gradients are
 * multiplied by clipNorm / norm; `gradientNorm` is the value before clipping.
 *
 * With `microBatches` > 1, a call takes one part of the batch and two more scalar inputs, `first` and `last`: 1 for the
 * first and last part respectively, else 0. Gradients and the statistics that each part gives are summed in
 * `accumulated/…`; the last call divides the sums by the number of parts and updates, the others leave everything else
 * unchanged. So every part starts from the same statistics, as it does when several processes share a step.
 *
 * `frozen` parameters, their optimiser state and the running statistics of their layers do not change, and
 * `gradientNorm` covers only the other parameters. Frozen layers still normalise by the batch, unless the whole model
 * is frozen: then it runs in inference mode.
 *
 * With `lossScaling`, the loss is multiplied by `scaler/scale` and the gradients are divided by it again. If their norm
 * is not finite, parameters and optimiser state do not change. One more output: `lossScale`, the scale of this step.
 */
export function trainStep(model: Model, loss: Loss, optimiser: Optimiser, options: StepOptions = {}): StepFunction {
  const { microBatches = 1, lossScaling } = options;
  return (state, inputs) => {
    const { value, accuracy, gradients, statistics } = gradientsOf(model, loss, state, inputs, options);
    const parted = microBatches > 1;
    const [ofGradients, ofStatistics] = [gradients, statistics].map((values) =>
      parted ? accumulated(values, state, inputs.first) : values,
    );
    const { changed, gradientNorm } = updated(model, optimiser, ofGradients, state, inputs.rate as tf.Scalar, options);
    const all = { ...changed, ...(parted ? means(ofStatistics, microBatches) : statistics) };
    return {
      state: parted
        ? { ...onlyIf(inputs.last, all, state), ...asAccumulated(ofGradients), ...asAccumulated(ofStatistics) }
        : all,
      outputs: { loss: value, accuracy, gradientNorm, ...(lossScaling && { lossScale: state[SCALE] }) },
    };
  };
}

/**
 * The first half of a step, for a part of a batch: outputs `loss`, `accuracy`, and under `gradients/` and `moved/` the
 * gradient of each parameter and the statistics after this part, by their names in the state. Changes nothing.
 */
export function gradientStep(model: Model, loss: Loss, options: StepOptions = {}): StepFunction {
  return (state, inputs) => {
    const { value, accuracy, gradients, statistics } = gradientsOf(model, loss, state, inputs, options);
    return {
      outputs: {
        loss: value,
        accuracy,
        ...prefixed('gradients', gradients),
        ...prefixed('moved', statistics),
      },
    };
  };
}

/**
 * The second half: takes `rate` and, under `gradients/`, the gradients summed over the `microBatches` parts of a batch.
 * Its state needs neither statistics nor frozen parameters. Output: `gradientNorm`, and `lossScale` as in `trainStep`.
 */
export function updateStep(model: Model, optimiser: Optimiser, options: StepOptions = {}): StepFunction {
  return (state, inputs) => {
    const sums = stripPrefix('gradients', inputs);
    const { changed, gradientNorm } = updated(model, optimiser, sums, state, inputs.rate as tf.Scalar, options);
    return {
      state: changed,
      outputs: { gradientNorm, ...(options.lossScaling && { lossScale: state[SCALE] }) },
    };
  };
}

interface Gradients {
  readonly value: tf.Tensor;
  readonly accuracy: tf.Tensor;
  /** By parameter, sorted, so that sums over the parameters round the same way wherever the state came from. */
  readonly gradients: State;
  /** Those that change. */
  readonly statistics: State;
}

function gradientsOf(
  model: Model,
  loss: Loss,
  state: State,
  inputs: State,
  { frozen = new Set(), lossScaling }: StepOptions,
): Gradients {
  const all = Object.keys(state).filter(isParameter).sort();
  const names = all.filter((name) => !frozen.has(name));
  const mode = wholeModelFrozen(all, frozen) ? 'infer' : 'train';
  const values = names.map((name) => state[name]);
  let escaped: Record<string, tf.Tensor> = {};

  const forward = (...values: tf.Tensor[]): tf.Scalar => {
    const params = Object.fromEntries(names.map((name, index) => [name, values[index]]));
    const result = apply(model, loss, { ...state, ...params }, inputs, mode);
    escaped = keepCopies({ accuracy: result.accuracy, ...result.statistics });
    return lossScaling ? tf.mul(result.loss, state[SCALE]) : result.loss;
  };
  const scaled = tf.valueAndGrads(forward)(values);
  const unscaled = <T extends tf.Tensor>(tensor: T): T => (lossScaling ? tf.div(tensor, state[SCALE]) : tensor);
  const [value, grads] = [unscaled(scaled.value), scaled.grads.map(unscaled)];
  const { accuracy, ...statistics } = releaseCopies(escaped);
  const moves = (name: string): boolean =>
    !name.startsWith('model/') || !(mode === 'infer' || frozenStatistic(name, all, frozen));
  return {
    value,
    accuracy,
    gradients: Object.fromEntries(names.map((name, index) => [name, grads[index]])),
    statistics: Object.fromEntries(Object.entries(statistics).filter(([name]) => moves(name))),
  };
}

/** Parameters, optimiser state and scaler after an update. `sums`: of the gradients, over `microBatches` parts. */
function updated(
  model: Model,
  optimiser: Optimiser,
  sums: State,
  state: State,
  rate: tf.Scalar,
  { clipNorm, microBatches = 1, frozen = new Set(), lossScaling }: StepOptions,
): { changed: State; gradientNorm: tf.Tensor } {
  const gradients = microBatches > 1 ? means(sums, microBatches) : sums;
  const names = Object.keys(gradients).sort();
  const gradientNorm = tf.sqrt(tf.addN(names.map((name) => tf.sum(tf.square(gradients[name])))));
  // at most 1, and exactly 1 for short gradients: tf.maximum avoids dividing by a norm of 0
  const shorten = clipNorm === undefined ? undefined : tf.div(clipNorm, tf.maximum(gradientNorm, clipNorm));
  const { params, memory } = optimiser.update({
    params: Object.fromEntries(names.map((name) => [name, state[name]])),
    gradients: Object.fromEntries(
      names.map((name) => [name, shorten ? tf.mul(gradients[name], shorten) : gradients[name]]),
    ),
    memory: stripPrefix('memory', state),
    rate,
    groupOf: groupsOf(model),
    frozen: [...frozen],
  });
  const changed = { ...params, ...prefixed('memory', memory) };
  const finite = tf.isFinite(gradientNorm);
  return {
    gradientNorm,
    changed: lossScaling ? { ...onlyIf(finite, changed, state), ...nextScale(state, finite, lossScaling) } : changed,
  };
}

/** The sums including this part, reset by the first part. */
function accumulated(values: State, state: State, first: tf.Tensor): State {
  const begins = tf.cast(first, 'bool');
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      tf.where(begins, value, tf.add(state[accumulatedName(name)], value)),
    ]),
  );
}

const asAccumulated = (sums: State): State =>
  Object.fromEntries(Object.entries(sums).map(([name, sum]) => [accumulatedName(name), sum]));

const means = (sums: State, parts: number): State =>
  Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, tf.div(sum, parts)]));

export const accumulatedName = (parameter: string): string => `accumulated/${parameter}`;

/** The changed entries if `condition` is nonzero, otherwise the old ones. */
function onlyIf(condition: tf.Tensor, changed: State, former: State): State {
  const holds = tf.cast(condition, 'bool');
  return Object.fromEntries(
    Object.entries(changed).map(([name, tensor]) => [name, tf.where(holds, tensor, former[name])]),
  );
}

/**
 * Loss and accuracy with the running statistics, without changing anything. Inputs `images` and `labels` as in
 * training; outputs `loss` and `accuracy`.
 */
export function validationStep(model: Model, loss: Loss): StepFunction {
  return (state, inputs) => {
    const result = apply(model, loss, state, inputs, 'infer');
    return { outputs: { loss: result.loss, accuracy: result.accuracy } };
  };
}

function apply(model: Model, loss: Loss, state: State, inputs: State, mode: 'train' | 'infer') {
  const labels = inputs.labels as tf.Tensor1D;
  const body = model.apply(
    stripPrefix('model/params', state),
    stripPrefix('model/statistics', state),
    modelInput(model, inputs),
    mode,
  );
  const head = loss.apply(
    stripPrefix('head/params', state),
    stripPrefix('head/statistics', state),
    body.embeddings,
    labels,
  );
  const hits = tf.equal(tf.argMax(head.logits, 1), labels);
  return {
    loss: head.loss,
    accuracy: tf.mean(tf.cast(hits, 'float32')),
    statistics: {
      ...prefixed('model/statistics', body.statistics),
      ...prefixed('head/statistics', head.statistics ?? {}),
    },
  };
}

const groupsOf =
  (model: Model) =>
  (name: string): string | undefined =>
    name.startsWith('head/') ? 'head' : model.groupOf?.(name.slice('model/params/'.length));

/**
 * The gradient tape's scope disposes of everything but the loss, so anything else needed is kept as a copy that shares
 * its memory …
 */
const keepCopies = (tensors: State): Record<string, tf.Tensor> =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, tf.keep(tf.clone(tensor))]));

/** … and then handed back to the surrounding scope. */
function releaseCopies(kept: Record<string, tf.Tensor>): Record<string, tf.Tensor> {
  const released = Object.fromEntries(Object.entries(kept).map(([name, tensor]) => [name, tf.clone(tensor)]));
  tf.dispose(kept);
  return released;
}
