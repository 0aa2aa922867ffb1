/** Finds one model that is valid for every length of a step's dynamic axes, if there is one. */
import type { Graph, InputSpec } from '@facewright/capture';
import { lower, type LoweredModel, type LowerOptions } from './lower.js';

export type Specs = Readonly<Record<string, InputSpec>>;

/** Lengths to try for axis 0, 1, …: odd and even, so that nothing that depends on a length is equal by chance. */
const TRIALS = [
  [3, 53, 71, 37],
  [2, 80, 66, 52],
  [5, 47, 92, 41],
];

/**
 * Lowers the step for three lengths. If the three models are identical byte for byte, they do not depend on the
 * lengths.
 */
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
    // the step does not accept these lengths, so it is compiled for those it gets
    return undefined;
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
