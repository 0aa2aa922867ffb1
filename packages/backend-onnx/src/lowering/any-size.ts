/** One model for every length of the open axes of a step, if there is one. */
import type { Graph, TensorSpec } from '@facewright/capture';
import { lower, type LoweredModel, type LowerOptions } from './lower.js';

export type Specs = Readonly<Record<string, TensorSpec>>;

/** Lengths to try for axis 0, 1, …: odd and even, so that nothing that depends on a length is equal by chance. */
const TRIALS = [
  [3, 53, 71, 37],
  [2, 80, 66, 52],
  [5, 47, 92, 41],
];

/** The step is lowered for three lengths, and where the three models are the same byte for byte, the lengths are nowhere in it. */
export function lowerForAnySize(
  captured: (specs: Specs) => Graph,
  inputs: Specs,
  options: Omit<LowerOptions, 'block' | 'anySize'> & Required<Pick<LowerOptions, 'openAxes'>>,
): LoweredModel | undefined {
  const { openAxes } = options;
  try {
    const [first, ...others] = TRIALS.map((lengths) => {
      const specs = Object.entries(inputs).map(
        ([name, spec]) =>
          [
            name,
            {
              ...spec,
              shape: spec.shape.map((length, axis) => (openAxes[name]?.includes(axis) ? lengths[axis] : length)),
            },
          ] as const,
      );
      return lower(captured(Object.fromEntries(specs)), { ...options, block: 0, anySize: true });
    });
    return others.every(({ bytes }) => sameBytes(bytes, first.bytes)) ? first : undefined;
  } catch {
    // the step does not take these lengths: it is compiled for the ones it gets
    return undefined;
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
