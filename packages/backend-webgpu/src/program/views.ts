/**
 * Index arithmetic: from an index in one tensor to that in another which it views. Divisors are constants, which
 * compilers turn into shifts.
 */
import type { Code } from './code.js';

export const sizeOf = (shape: readonly number[]): number =>
  shape.reduce((product, dimension) => product * dimension, 1);

/** Row-major. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides: number[] = [];
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

/** Strides for reading a tensor of shape `from` by the coordinates of its broadcast to `to`. */
export function broadcastStrides(from: readonly number[], to: readonly number[]): number[] {
  const missing = to.length - from.length;
  const own = stridesOf(from);
  return to.map((_, axis) => (axis < missing || from[axis - missing] === 1 ? 0 : own[axis - missing]));
}

/** Names of the coordinates of `index` in a row-major `shape`. */
export function coordinates(code: Code, index: string, shape: readonly number[]): string[] {
  const names: string[] = [];
  let rest = index;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] === 1) {
      names[axis] = '0u';
      continue;
    }
    const isOutermost = shape.slice(0, axis).every((dimension) => dimension === 1);
    names[axis] = isOutermost ? rest : code.let(`${rest} % ${shape[axis]}u`);
    if (!isOutermost) rest = code.let(`${rest} / ${shape[axis]}u`);
  }
  return names;
}

/** The index offset + Σ coordinate · stride, with the coordinates of `index` in `shape`. */
export function viewIndex(
  code: Code,
  index: string,
  shape: readonly number[],
  strides: readonly number[],
  offset = 0,
): string {
  // neighbouring axes that are traversed as one need only one division
  const axes: { dimension: number; stride: number }[] = [];
  for (const [axis, dimension] of shape.entries()) {
    if (dimension === 1) continue;
    const last = axes.at(-1);
    if (last && last.stride === strides[axis] * dimension)
      axes[axes.length - 1] = { dimension: last.dimension * dimension, stride: strides[axis] };
    else axes.push({ dimension, stride: strides[axis] });
  }
  if (offset === 0 && axes.length === 1 && axes[0].stride === 1) return index;
  if (axes.every(({ stride }) => stride === 0)) return `${offset}u`;
  const names = coordinates(
    code,
    index,
    axes.map(({ dimension }) => dimension),
  );
  const terms = axes.flatMap(({ stride }, axis) =>
    stride === 0 ? [] : [stride === 1 ? names[axis] : `${names[axis]} * ${stride}u`],
  );
  if (offset !== 0) terms.push(`${offset}u`);
  return code.let(terms.join(' + '));
}
