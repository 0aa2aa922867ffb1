/**
 * The training step and the validation step as pure functions over named tensors. All of the training's state has one flat name space:
 * `model/params/…`, `model/statistics/…`, `head/params/…`, `head/statistics/…`, `memory/…` (the optimiser's), and with micro-batches
 * `accumulated/…` (sums of gradients), on an engine that asks for loss scaling `scaler/…`.
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
import { nextScale, SCALE } from './loss-scale.js';

/** Whether an entry of the state is learnt by gradients. */
export const isParameter = (name: string): boolean =>
  name.startsWith('model/params/') || name.startsWith('head/params/');

export interface StepOptions {
  readonly clipNorm?: number;
  /** Parts of a batch whose gradients are averaged for one update; default 1. `compileTraining` deals a batch out over them. */
  readonly microBatches?: number;
  /** Names of parameters that stay as they are. */
  readonly frozen?: ReadonlySet<string>;
  /** The engine's; the state has the scaler's entries then. */
  readonly lossScaling?: LossScaling;
}

/**
 * Forward, backward and update. Inputs: `images` [n, height, width, 3] float32, already scaled as the model wants; `labels` [n] int32; `rate`
 * scalar. Outputs, all scalars: `loss`, `accuracy` (share of images whose largest logit without margin is their label), `gradientNorm`.
 * Gradients whose common norm exceeds `clipNorm` are multiplied by clipNorm / norm; `gradientNorm` is that before.
 *
 * With `microBatches` > 1 a call takes one part of the batch and has two more inputs, the scalars `first` and `last`, 1 for the first and the
 * last part and else 0. Gradients are summed in `accumulated/…`; the last call divides the sums by the number of parts and updates with that,
 * the others leave parameters and memory as they are. Running statistics move with every part.
 *
 * Of `frozen` parameters neither they nor the optimiser's memory nor the running statistics of their layers change, and `gradientNorm` is that of
 * the others. A layer still normalises by the batch then, but where all of the model is frozen it runs as it would be used.
 *
 * With `lossScaling` the gradients are those of the loss times `scaler/scale`, divided by it again; where their norm is no number, parameters and
 * memory stay as they are. One more output: `lossScale`, the factor of this step.
 */
export function trainStep(
  model: Model,
  loss: Loss,
  optimiser: Optimiser,
  { clipNorm, microBatches = 1, frozen = new Set(), lossScaling }: StepOptions = {},
): StepFunction {
  return (state, inputs) => {
    // in one order whatever the state came from, so that sums over the parameters are rounded alike
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

    const { means, sums } =
      microBatches > 1 ? accumulated(names, grads, state, inputs.first, microBatches) : { means: grads, sums: {} };
    const gradientNorm = tf.sqrt(tf.addN(means.map((gradient) => tf.sum(tf.square(gradient)))));
    // never above 1, and 1 exactly for what is short enough: tf.maximum keeps the norm from being divided by when it is 0
    const shorten = clipNorm === undefined ? undefined : tf.div(clipNorm, tf.maximum(gradientNorm, clipNorm));
    const gradients = Object.fromEntries(
      names.map((name, index) => [name, shorten ? tf.mul(means[index], shorten) : means[index]]),
    );
    const params = Object.fromEntries(names.map((name) => [name, state[name]]));
    const updated = optimiser.update({
      params,
      gradients,
      memory: stripPrefix('memory', state),
      rate: inputs.rate as tf.Scalar,
      groupOf: groupsOf(model),
      frozen: [...frozen],
    });
    const moving = (statistics: State): State =>
      Object.fromEntries(
        Object.entries(statistics).filter(
          ([name]) => !name.startsWith('model/') || !(mode === 'infer' || frozenStatistic(name, all, frozen)),
        ),
      );
    const changed = { ...updated.params, ...prefixed('memory', updated.memory) };
    const finite = tf.isFinite(gradientNorm);
    const valid = lossScaling
      ? { ...onlyIf(finite, changed, state), ...nextScale(state, finite, lossScaling) }
      : changed;
    return {
      state: { ...(microBatches > 1 ? onlyIf(inputs.last, valid, state) : valid), ...moving(statistics), ...sums },
      outputs: { loss: value, accuracy, gradientNorm, ...(lossScaling && { lossScale: state[SCALE] }) },
    };
  };
}

/** The sums of gradients with this part's, begun anew by the first one, and their means over all parts. */
function accumulated(
  names: readonly string[],
  gradients: readonly tf.Tensor[],
  state: State,
  first: tf.Tensor,
  parts: number,
): { means: tf.Tensor[]; sums: State } {
  const begins = tf.cast(first, 'bool');
  const sums = names.map((name, index) =>
    tf.where(begins, gradients[index], tf.add(state[accumulatedName(name)], gradients[index])),
  );
  return {
    means: sums.map((sum) => tf.div(sum, parts)),
    sums: Object.fromEntries(names.map((name, index) => [accumulatedName(name), sums[index]])),
  };
}

export const accumulatedName = (parameter: string): string => `accumulated/${parameter}`;

/** The changed entries where `condition` is not 0, else what they were. */
function onlyIf(condition: tf.Tensor, changed: State, former: State): State {
  const holds = tf.cast(condition, 'bool');
  return Object.fromEntries(
    Object.entries(changed).map(([name, tensor]) => [name, tf.where(holds, tensor, former[name])]),
  );
}

/** Loss and accuracy with the running statistics, changing nothing. Inputs `images` and `labels` as in training; outputs `loss`, `accuracy`. */
export function validationStep(model: Model, loss: Loss): StepFunction {
  return (state, inputs) => {
    const result = apply(model, loss, state, inputs, 'infer');
    return { outputs: { loss: result.loss, accuracy: result.accuracy } };
  };
}

function apply(model: Model, loss: Loss, state: State, { images, labels }: State, mode: 'train' | 'infer') {
  const body = model.apply(
    stripPrefix('model/params', state),
    stripPrefix('model/statistics', state),
    images as tf.Tensor4D,
    mode,
  );
  const head = loss.apply(
    stripPrefix('head/params', state),
    stripPrefix('head/statistics', state),
    body.embeddings,
    labels as tf.Tensor1D,
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

/** The gradient tape's scope disposes everything but the loss: what else is needed leaves it as kept copies (which share the memory) … */
const keepCopies = (tensors: State): Record<string, tf.Tensor> =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, tf.keep(tf.clone(tensor))]));

/** … and comes back under the care of the surrounding scope. */
function releaseCopies(kept: Record<string, tf.Tensor>): Record<string, tf.Tensor> {
  const released = Object.fromEntries(Object.entries(kept).map(([name, tensor]) => [name, tf.clone(tensor)]));
  tf.dispose(kept);
  return released;
}
