/** Finds the tensor that made the loss or a gradient NaN or infinite. */
import type { HostTensors, InputTensors, Model, Random } from '@facewright/core';

type InputTensor = InputTensors[string];

const isWhole = ({ data }: InputTensor): boolean => data.every((value: number) => Number.isFinite(value));

/** The first tensor with a NaN or infinity, in the given order. */
export const firstNotFinite = (
  tensors: HostTensors,
  names: readonly string[] = Object.keys(tensors),
): string | undefined => names.find((name) => name in tensors && !isWhole(tensors[name]));

export interface FailedStep {
  readonly inputs: InputTensors;
  readonly loss: number;
  /** The training's tensors after the step, to which the bad values have spread. */
  readonly state: HostTensors;
  /** Names of the state's entries, from the input to the loss. */
  readonly order: readonly string[];
  readonly lossName: string;
}

/**
 * The first tensor that went bad. In the forward pass bad values spread to everything after their origin, so it is the
 * first layer with bad running statistics. In the backward pass they spread to everything before it, so it is the last
 * layer with bad parameters.
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
  return parameter ? `the gradient of ${parameter}` : 'the norm of the gradients, which is too large for float32';
}

/** Which images of a batch [n, …] contain bad values. */
export function badImages({ shape: [n], data }: InputTensor): number[] {
  const size = data.length / n;
  return Array.from({ length: n }, (_, index) => index).filter((index) =>
    data.subarray(index * size, (index + 1) * size).some((value) => !Number.isFinite(value)),
  );
}

/**
 * The state's entries from the input to the loss. Checkpoints are sorted differently; a model's initial entries are in
 * layer order.
 */
export function forwardOrder(model: Model, random: Random, state: HostTensors): string[] {
  const { params, statistics } = model.init(random);
  const own = [
    ...Object.keys(params).map((name) => `model/params/${name}`),
    ...Object.keys(statistics).map((name) => `model/statistics/${name}`),
  ];
  return [...own, ...Object.keys(state).filter((name) => name.startsWith('head/'))];
}
