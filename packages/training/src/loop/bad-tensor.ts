/** Finds the tensor that made the loss or a gradient NaN or infinite. */
import type { HostTensor, HostTensors, Model, Random } from '@facewright/core';

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
  return parameter ? `the gradient of ${parameter}` : 'the norm of the gradients, which is too large for float32';
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
