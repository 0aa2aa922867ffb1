/**
 * Evaluates the constants of an ONNX graph: exporters without constant folding leave weights behind chains of reshapes,
 * transposes, casts and simple arithmetic.
 */
import { hostTensor, type HostTensor } from '@facewright/core';
import type { OnnxNode } from './model.js';

/** undefined for an unsupported op, or shapes that do not match. */
export function foldConstant(node: OnnxNode, inputs: readonly HostTensor[]): HostTensor | undefined {
  const [first, second] = inputs;
  switch (node.op) {
    case 'Identity':
    case 'Dropout':
      return first;
    case 'Cast':
      return cast(first, node.attributes.get('to'));
    case 'Reshape':
      return reshaped(first, second ? [...second.data] : integers(node, 'shape'));
    case 'Flatten':
      return flattened(first, numberOf(node, 'axis', 1));
    case 'Squeeze':
      return squeezed(first, axesOf(node, second));
    case 'Unsqueeze':
      return unsqueezed(first, axesOf(node, second) ?? []);
    case 'Transpose':
      return transposed(first, integers(node, 'perm') ?? first.shape.map((_, axis) => first.shape.length - 1 - axis));
    default:
      return arithmetic(node.op, first, second);
  }
}

export const numberOf = ({ attributes }: OnnxNode, name: string, otherwise: number): number => {
  const value = attributes.get(name);
  return typeof value === 'number' ? value : otherwise;
};

export const integers = ({ attributes }: OnnxNode, name: string): readonly number[] | undefined => {
  const value = attributes.get(name);
  return typeof value === 'object' ? value : undefined;
};

/** For an op that took them as an attribute before opset 13, and as an input since. */
export const axesOf = (node: OnnxNode, input: HostTensor | undefined): readonly number[] | undefined =>
  input ? [...input.data] : integers(node, 'axes');

/** TensorProto.DataType of floats: float32, float16, float64, bfloat16. */
const FLOATS: readonly unknown[] = [1, 10, 11, 16];
export const isFloatType = (type: unknown): boolean => FLOATS.includes(type);

const cast = ({ shape, data }: HostTensor, to: unknown): HostTensor =>
  hostTensor(shape, isFloatType(to) ? Float32Array.from(data) : Int32Array.from(data, Math.trunc));

/** Size limit for a constant; no weight of these networks comes close. */
const LARGEST = 2 ** 26;

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, side) => product * side, 1);

/** 0 keeps an axis, −1 takes the rest. */
function reshaped({ shape, data }: HostTensor, wanted: readonly number[] | undefined): HostTensor | undefined {
  if (!wanted) return undefined;
  const sides = wanted.map((side, axis) => (side === 0 ? (shape[axis] ?? 1) : side));
  const known = sizeOf(sides.filter((side) => side !== -1));
  return withShape(
    data,
    sides.map((side) => (side === -1 ? data.length / known : side)),
  );
}

const withShape = (data: HostTensor['data'], shape: readonly number[]): HostTensor | undefined =>
  shape.every((side) => Number.isSafeInteger(side) && side >= 0) && sizeOf(shape) === data.length
    ? hostTensor(shape, data)
    : undefined;

function flattened({ shape, data }: HostTensor, axis: number): HostTensor | undefined {
  const rows = sizeOf(shape.slice(0, axis < 0 ? axis + shape.length : axis));
  return withShape(data, [rows, data.length / rows]);
}

function squeezed({ shape, data }: HostTensor, axes: readonly number[] | undefined): HostTensor | undefined {
  const gone = axes?.map((axis) => (axis < 0 ? axis + shape.length : axis));
  return withShape(
    data,
    shape.filter((side, axis) => (gone ? !gone.includes(axis) : side !== 1)),
  );
}

function unsqueezed({ shape, data }: HostTensor, axes: readonly number[]): HostTensor | undefined {
  const rank = shape.length + axes.length;
  const added = new Set(axes.map((axis) => (axis < 0 ? axis + rank : axis)));
  const rest = [...shape];
  return withShape(
    data,
    Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : (rest.shift() ?? 1))),
  );
}

function transposed({ shape, data }: HostTensor, order: readonly number[]): HostTensor | undefined {
  if ([...order].sort().join() !== shape.map((_, axis) => axis).join()) return undefined;
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const sides = order.map((axis) => shape[axis]);
  const turned = data.slice();
  for (let i = 0; i < data.length; i++) {
    let [rest, from] = [i, 0];
    for (let axis = sides.length - 1; axis >= 0; axis--) {
      from += (rest % sides[axis]) * strides[order[axis]];
      rest = Math.floor(rest / sides[axis]);
    }
    turned[i] = data[from];
  }
  return hostTensor(sides, turned);
}

const OF_ONE: Readonly<Record<string, (a: number) => number>> = {
  Neg: (a) => -a,
  Abs: Math.abs,
  Sqrt: Math.sqrt,
  Reciprocal: (a) => 1 / a,
  Exp: Math.exp,
};
const OF_TWO: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
  Pow: (a, b) => a ** b,
};

function arithmetic(op: string, a: HostTensor, b?: HostTensor): HostTensor | undefined {
  const [one, two] = [OF_ONE[op], OF_TWO[op]];
  const whole = a.dtype === 'int32' && (!b || b.dtype === 'int32');
  const typed = (values: Iterable<number>): HostTensor['data'] =>
    whole ? Int32Array.from(values, Math.trunc) : Float32Array.from(values);
  if (one && !b) return hostTensor(a.shape, typed(Array.from(a.data, one)));
  if (!two || !b) return undefined;
  const shape = broadcast(a.shape, b.shape);
  if (!shape) return undefined;
  const size = sizeOf(shape);
  return hostTensor(
    shape,
    typed(Array.from({ length: size }, (_, i) => two(a.data[place(i, shape, a)], b.data[place(i, shape, b)]))),
  );
}

function broadcast(a: readonly number[], b: readonly number[]): number[] | undefined {
  const rank = Math.max(a.length, b.length);
  const sides: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const [one, other] = [a[axis - rank + a.length] ?? 1, b[axis - rank + b.length] ?? 1];
    if (one !== other && one !== 1 && other !== 1) return undefined;
    sides.push(one === 1 ? other : one);
  }
  return sizeOf(sides) <= LARGEST ? sides : undefined;
}

/** Index of the element that broadcasts to index `i` of `shape`. */
function place(i: number, shape: readonly number[], { shape: own }: HostTensor): number {
  let [rest, at, stride] = [i, 0, 1];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const side = own[axis - shape.length + own.length] ?? 1;
    if (side > 1) at += (rest % shape[axis]) * stride;
    stride *= side;
    rest = Math.floor(rest / shape[axis]);
  }
  return at;
}
