/** What went wrong in a step whose loss or gradient is no number, and a watch for a training that learns nothing. */
import type { Dataset, HostTensor, HostTensors, Model, Random, RunConfig } from '@facewright/core';
import type { LabelledSample } from '../data/training-set.js';

export type Guard = RunConfig['guard'];

const isWhole = ({ data }: HostTensor): boolean => data.every((value: number) => Number.isFinite(value));

/** The first tensor that holds a NaN or an infinity, in the order given. */
export const firstNotFinite = (
  tensors: HostTensors,
  names: readonly string[] = Object.keys(tensors),
): string | undefined => names.find((name) => name in tensors && !isWhole(tensors[name]));

export interface FailedStep {
  readonly inputs: HostTensors;
  readonly loss: number;
  /** The training's tensors after the step, which the bad values have run through. */
  readonly state: HostTensors;
  /** Names of the state's entries from the input to the loss. */
  readonly order: readonly string[];
  readonly lossName: string;
}

/**
 * The first tensor that went bad. In a forward pass bad values reach everything behind their origin, so that is the first layer whose running
 * statistics are bad; in a backward pass they reach everything before it, so that is the last layer whose parameters are bad.
 */
export function firstBadTensor({ inputs, loss, state, order, lossName }: FailedStep): string {
  if (!isWhole(inputs.images))
    return `the input images (${badImages(inputs.images)
      .map((index) => `image ${index + 1} of the batch`)
      .join(', ')})`;
  if (!isWhole(inputs.rate)) return 'the learning rate';
  if (!Number.isFinite(loss)) {
    const statistic = firstNotFinite(
      state,
      order.filter((name) => name.startsWith('model/statistics/')),
    );
    return statistic
      ? `${statistic} (the output of that layer's convolution)`
      : `the logits of the loss "${lossName}", or the embeddings it was given`;
  }
  const parameter = firstNotFinite(state, order.filter((name) => name.includes('/params/')).reverse());
  return parameter ? `the gradient of ${parameter}` : 'the norm of the gradients: it is too large for a float32';
}

/** Which images of a batch [n, …] hold bad values. */
export function badImages({ shape: [n], data }: HostTensor): number[] {
  const size = data.length / n;
  return Array.from({ length: n }, (_, index) => index).filter((index) =>
    data.subarray(index * size, (index + 1) * size).some((value) => !Number.isFinite(value)),
  );
}

/** The state's entries from the input to the loss: a checkpoint's are in another order, those a model begins with are in that of its layers. */
export function forwardOrder(model: Model, random: Random, state: HostTensors): string[] {
  const { params, statistics } = model.init(random);
  const own = [
    ...Object.keys(params).map((name) => `model/params/${name}`),
    ...Object.keys(statistics).map((name) => `model/statistics/${name}`),
  ];
  return [...own, ...Object.keys(state).filter((name) => name.startsWith('head/'))];
}

/** Where each sample comes from. */
export const namesOf = (samples: readonly LabelledSample[], dataset: Pick<Dataset, 'samples'>): string[] =>
  samples.map(({ sample }) => {
    const { source, kind } = dataset.samples[sample];
    return kind === 'original' ? source : `${source} (${kind})`;
  });

/** Some of a list, for a message. */
export const listed = (names: readonly string[], most = 6): string =>
  names.length > most ? `${names.slice(0, most).join(', ')} and ${names.length - most} more` : names.join(', ');

/** The loss must have fallen by this share of where it began for a low accuracy to be called slow instead of none. */
const LEAST_FALL = 0.03;
const WINDOW = 100;

/**
 * Tells once a stage that learns nothing: after `after` steps, the hits of the last steps are no more than drawing labels by lot would give
 * (three standard deviations), and the loss is about where it was. With many people an accuracy near 0 alone is no sign: softmax among 68,000
 * begins there.
 */
export function createChanceWatch({
  identities,
  batch,
  after,
}: {
  identities: number;
  batch: number;
  after: number;
}): (loss: number, accuracy: number) => string | undefined {
  const window = Math.min(WINDOW, Math.floor(after / 2));
  const first: number[] = [];
  let last: { loss: number; accuracy: number }[] = [];
  let steps = 0;
  return (loss, accuracy) => {
    steps++;
    if (steps <= window) first.push(loss);
    if (steps > after) return undefined;
    last = [...last, { loss, accuracy }].slice(-window);
    if (steps < after) return undefined;
    const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    const images = window * batch;
    const hits = meanOf(last.map((step) => step.accuracy)) * images;
    const expected = images / identities;
    const [began, now] = [meanOf(first), meanOf(last.map((step) => step.loss))];
    if (hits > expected + 3 * Math.sqrt(expected + 1) || now < began * (1 - LEAST_FALL)) return undefined;
    return `Nothing is learnt yet: after ${after} steps the accuracy is ${((100 * hits) / images).toFixed(2)} %, where drawing lots gives ${(100 / identities).toFixed(2)} %, and the loss went from ${began.toFixed(3)} to ${now.toFixed(3)}.`;
  };
}

export const CHANCE_TODO =
  'Check that each folder holds one person, look at some aligned faces (all upright, eyes in one place), and try a rate ten times lower or higher; a margin loss from scratch may need a softmax stage before it.';
