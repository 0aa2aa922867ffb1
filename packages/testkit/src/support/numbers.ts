/** Numbers for tests: seeded values, comparison of tensors, finite differences. */
import { hostTensor, type HostTensor, type HostTensors, type Random } from '@facewright/core';
import { expect } from 'vitest';
import { normal } from './draws.js';

export { normal } from './draws.js';

export const int32 = (...values: number[]): HostTensor => hostTensor([values.length], Int32Array.from(values));

export const norm = (values: Iterable<number>): number =>
  Math.sqrt([...values].reduce((sum, value) => sum + value * value, 0));

/**
 * The distance between two lists relative to the larger one's norm, but at least `floor` (for values that should be
 * zero). Throws for NaN or infinity on either side.
 */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>, floor = 1e-6): number {
  if (actual.length !== expected.length)
    throw new Error(`${actual.length} numbers where ${expected.length} are expected`);
  const difference = norm(Array.from(actual, (value, index) => value - expected[index]));
  if (!Number.isFinite(difference)) throw new Error('not every number is finite');
  return difference / Math.max(floor, norm(Array.from(actual)), norm(Array.from(expected)));
}

/** Fails unless shape, dtype and values agree to `tolerance` of the norm. */
export function expectClose(
  actual: HostTensor,
  expected: { readonly shape: readonly number[]; readonly data: ArrayLike<number> },
  tolerance: number,
  what: string,
): void {
  expect(actual.shape, `${what}: shape`).toEqual([...expected.shape]);
  expect(relativeError(actual.data, expected.data), `${what}: error relative to the norm`).toBeLessThanOrEqual(
    tolerance,
  );
}

export function expectFinite(tensors: HostTensors): void {
  for (const [name, { data }] of Object.entries(tensors))
    expect(data.every(Number.isFinite), `${name} is finite`).toBe(true);
}

/** Equal names, shapes, dtypes and, bit for bit, values. */
export function expectSame(actual: HostTensors, expected: HostTensors, what: string): void {
  expect(Object.keys(actual).sort(), `${what}: names`).toEqual(Object.keys(expected).sort());
  for (const [name, tensor] of Object.entries(expected)) {
    expect(actual[name].shape, `${what}: shape of ${name}`).toEqual([...tensor.shape]);
    expect(actual[name].dtype, `${what}: kind of ${name}`).toBe(tensor.dtype);
    expect(Buffer.compare(bytesOf(actual[name]), bytesOf(tensor)) === 0, `${what}: values of ${name}`).toBe(true);
  }
}

const bytesOf = ({ data }: HostTensor): Buffer => Buffer.from(data.buffer, data.byteOffset, data.byteLength);

/** Names, shapes and dtypes: what a checkpoint relies on. */
export const signatureOf = (tensors: HostTensors): Record<string, string> =>
  Object.fromEntries(Object.entries(tensors).map(([name, { shape, dtype }]) => [name, `${dtype}[${shape.join(',')}]`]));

/** `x + width · direction`, elementwise. */
export function moved(x: HostTensor, direction: ArrayLike<number>, width: number): HostTensor {
  return hostTensor(
    x.shape,
    Float32Array.from(x.data, (value, index) => value + width * direction[index]),
  );
}

/**
 * Compares a gradient with central differences of `f` along seeded directions and the gradient's own. Large steps
 * suffer from curvature and small ones from float32 rounding, so step sizes are tried until one agrees. `tolerance` is
 * relative to the gradient's norm.
 */
export async function expectGradient(
  what: string,
  f: (x: HostTensor) => Promise<number>,
  x: HostTensor,
  gradient: HostTensor,
  { random, directions = 3, tolerance = 0.01 }: { random: Random; directions?: number; tolerance?: number },
): Promise<void> {
  expect(gradient.shape, `${what}: shape of the gradient`).toEqual([...x.shape]);
  expectFinite({ [`gradient to ${what}`]: gradient });
  const size = norm(gradient.data);
  const allowed = tolerance * size + 1e-4;
  const tries = Array.from({ length: directions }, (_, index) =>
    Array.from(normal(x.shape, random.fork(what, index)).data),
  );
  if (size > 0) tries.push(Array.from(gradient.data));
  for (const raw of tries) {
    const length = norm(raw);
    const direction = raw.map((value) => value / length);
    const claimed = direction.reduce((sum, value, index) => sum + value * gradient.data[index], 0);
    let best = Infinity;
    let measured = NaN;
    for (const width of [0.01, 0.03, 0.003, 0.1, 0.001]) {
      const slope = ((await f(moved(x, direction, width))) - (await f(moved(x, direction, -width)))) / (2 * width);
      if (Math.abs(slope - claimed) < best) [best, measured] = [Math.abs(slope - claimed), slope];
      if (best <= allowed) break;
    }
    expect(best, `${what}: slope ${claimed} by the gradient, ${measured} by differences, apart`).toBeLessThanOrEqual(
      allowed,
    );
  }
}
