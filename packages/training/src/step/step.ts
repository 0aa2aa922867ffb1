/**
 * The training and validation steps as pure functions over named tensors. All training state shares one flat namespace:
 * `model/params/…`, `model/statistics/…`, `head/params/…`, `head/statistics/…`, `memory/…` (optimiser state),
 * `accumulated/…` (gradient sums, with micro-batches), and `scaler/…` (on engines with loss scaling).
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
 * first and last part respectively, else 0. Gradients are summed in `accumulated/…`; the last call divides the sums by
 * the number of parts and updates, the others leave parameters and optimiser state unchanged. Running statistics move
 * with every part.
 *
 * `frozen` parameters, their optimiser state and the running statistics of their layers do not change, and
 * `gradientNorm` covers only the other parameters. Frozen layers still normalise by the batch, unless the whole model
 * is frozen: then it runs in inference mode.
 *
 * With `lossScaling`, the loss is multiplied by `scaler/scale` and the gradients are divided by it again. If their norm
 * is not finite, parameters and optimiser state do not change. One more output: `lossScale`, the scale of this step.
 */
export function trainStep(
  model: Model,
  loss: Loss,
  optimiser: Optimiser,
  { clipNorm, microBatches = 1, frozen = new Set(), lossScaling }: StepOptions = {},
): StepFunction {
  return (state, inputs) => {
    // sorted, so that sums over the parameters round the same way wherever the state came from
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
    // at most 1, and exactly 1 for short gradients: tf.maximum avoids dividing by a norm of 0
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

/** The gradient sums including this part, reset by the first part, and their means over all parts. */
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
