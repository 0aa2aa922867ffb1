/** References for testing engines: the plain JavaScript engine, and numbers that are the same everywhere. */
import { cpu } from '@facewright/backend-cpu';
import { createRunContainer, hostTensor, pluginContext, type Engine, type HostTensor } from '@facewright/core';

let reference: Promise<Engine> | undefined;
export const referenceEngine = (): Promise<Engine> =>
  (reference ??= cpu()
    .create(pluginContext(createRunContainer(), 'test'))
    .then((backend) => backend.open()));

/** Numbers in [−1, 1), determined by the seed. */
export function numbers(shape: readonly number[], seed = 1): HostTensor {
  let state = seed * 7919 + shape.length;
  const next = (): number => {
    state = (state * 48271) % 2147483647;
    return state / 1073741823.5 - 1;
  };
  for (let i = 0; i < 8; i++) next();
  return hostTensor(shape, Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, next));
}
