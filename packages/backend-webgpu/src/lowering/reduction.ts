/** Kernels that reduce an axis. */
import { attributesOf } from '@facewright/capture';
import { literal, type Code } from '../program/code.js';
import { pointwise, type Node, type ReduceOp, type Tensor } from '../program/node.js';
import { coordinates, sizeOf, stridesOf } from '../program/views.js';
import { cast, map, reduceAxis, tensor, view, type Lowering, type Lowerings } from './context.js';

interface Blocks {
  /** The input, with its reduced axes adjacent. */
  readonly input: Node;
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
}

/** `given` is ascending. */
function blocksOf(x: Tensor, given: readonly number[]): Blocks {
  const axes = given.filter((one) => x.shape[one] !== 1);
  if (axes.length === 0) return { input: x.node, outer: x.node.size, length: 1, inner: 1 };
  const [first, last] = [axes[0], axes.at(-1)!];
  const length = sizeOf(axes.map((one) => x.shape[one]));
  const between = x.shape.slice(first, last + 1).length;
  if (between === axes.length)
    return { input: x.node, outer: sizeOf(x.shape.slice(0, first)), length, inner: sizeOf(x.shape.slice(last + 1)) };
  const kept = x.shape.map((_, one) => one).filter((one) => !axes.includes(one));
  const strides = stridesOf(x.shape);
  const order = [...kept, ...axes];
  return {
    input: view(
      x,
      order.map((one) => x.shape[one]),
      order.map((one) => strides[one]),
    ).node,
    outer: x.node.size / length,
    length,
    inner: 1,
  };
}

function reduced(x: Tensor, op: ReduceOp, axes: readonly number[]): Node {
  const { input, outer, length, inner } = blocksOf(x, axes);
  return length === 1 ? input : reduceAxis(input, op, outer, length, inner);
}

const reduction =
  (op: ReduceOp): Lowering =>
  ({ x }, node) =>
    tensor(reduced(x, op, attributesOf(node, 'Sum', 'Max', 'Min', 'All', 'Any').axis), node.outputs[0].shape);

/** The first position of the maximum: the smallest index among those with its value. */
const argOf =
  (op: 'max' | 'min'): Lowering =>
  ({ x }, node) => {
    const { axis } = attributesOf(node, 'ArgMax', 'ArgMin');
    const [outer, length, inner] = [sizeOf(x.shape.slice(0, axis)), x.shape[axis], sizeOf(x.shape.slice(axis + 1))];
    const best = reduceAxis(x.node, op, outer, length, inner);
    const place = pointwise(x.node.size, 'i32', [x.node, best], 3, (code: Code, index: string) => {
      const [o, l, i] = coordinates(code, index, [outer, length, inner]);
      const whole = code.at(best, code.let(`${o} * ${inner}u + ${i}`));
      return `select(2147483647i, i32(${l}), ${code.at(x.node, index)} == ${whole})`;
    });
    return tensor(reduceAxis(place, 'min', outer, length, inner), node.outputs[0].shape);
  };

export const reductionLowerings: Lowerings = {
  Sum: reduction('sum'),
  Max: reduction('max'),
  Min: reduction('min'),
  Mean: ({ x }, node) => {
    const sum = reduced(cast(x, 'f32'), 'sum', attributesOf(node, 'Mean').axis);
    const share = sum.size / x.node.size;
    const { shape } = node.outputs[0];
    return map(shape, 'f32', [tensor(sum, shape)], 1, (value) => `${value} * ${literal(share)}`);
  },
  ...Object.fromEntries((['All', 'Any'] as const).map((name) => [name, reduction(name === 'All' ? 'min' : 'max')])),
  ArgMax: argOf('max'),
  ArgMin: argOf('min'),
  Softmax: ({ logits }, node) => softmax(logits, node.outputs[0].shape, false),
  LogSoftmax: ({ logits }, node) => softmax(logits, node.outputs[0].shape, true),
};

/** Over the last axis, from logits shifted by their maximum. */
function softmax(logits: Tensor, shape: readonly number[], logarithm: boolean): Tensor {
  const length = shape[shape.length - 1];
  const rows = [...shape.slice(0, -1), 1];
  const outer = sizeOf(rows);
  const largest = tensor(reduceAxis(logits.node, 'max', outer, length, 1), rows);
  const powers = map(shape, 'f32', [logits, largest], 5, (z, top) => `exp(${z} - ${top})`);
  const sum = tensor(reduceAxis(powers.node, 'sum', outer, length, 1), rows);
  return logarithm
    ? map(shape, 'f32', [logits, largest, sum], 5, (z, top, total) => `${z} - ${top} - log(${total})`)
    : map(shape, 'f32', [powers, sum], 2, (power, total) => `${power} / ${total}`);
}
