/** Kernels that reduce or scan an axis. */
import type { Builder } from '../hlo/builder.js';
import { isFloat, type Hlo } from '../hlo/value.js';
import { floats, full, lastAxis, type Lowering, type Lowerings, type PlainLowering } from './lowering.js';

type Reduction = 'All' | 'Any' | 'Max' | 'Mean' | 'Min' | 'Prod' | 'Sum';

const numbers = (hlo: Builder, x: Hlo): Hlo => (x.type === 'i1' ? hlo.convert(x, 'i32') : x);

/** `shape` keeps reduced axes with length 1. */
const reduction =
  (take: (hlo: Builder, x: Hlo, axes: readonly number[]) => Hlo): Lowering<Reduction> =>
  ({ hlo, inputs: { x }, attrs: { axis }, shape }) =>
    hlo.reshape(take(hlo, x, axis), shape);

/** The first position of the maximum or minimum: the smallest index among those with its value. */
const place =
  (op: 'max' | 'min'): Lowering<'ArgMax' | 'ArgMin'> =>
  ({ hlo, inputs, attrs: { axis } }) => {
    const x = numbers(hlo, inputs.x);
    const kept = x.shape.map((_, i) => i).filter((i) => i !== axis);
    const best = hlo.broadcast(hlo[op](x, [axis]), x.shape, kept);
    const places = hlo.iota(x.shape, axis);
    const none = hlo.like(x.shape[axis], places);
    const first = hlo.min(hlo.select(hlo.compare('EQ', x, best), places, none), [axis]);
    // a row with NaN has no maximum: 0, as in tfjs
    return hlo.select(hlo.compare('EQ', first, hlo.like(x.shape[axis], first)), hlo.like(0, first), first);
  };

/** In ⌈log₂ n⌉ rounds, every value is combined with the one 1, 2, 4, … positions before it. */
const cumulative =
  (op: 'add' | 'multiply'): Lowering<'Cumsum' | 'Cumprod'> =>
  ({ hlo, inputs, attrs: { axis, exclusive, reverse } }) => {
    const start = op === 'add' ? 0 : 1;
    const length = inputs.x.shape[axis];
    const turned = (x: Hlo): Hlo => (reverse ? hlo.reverse(x, [axis]) : x);
    const shifted = (x: Hlo, places: number): Hlo => {
      const end = x.shape.map((side, i) => (i === axis ? side - places : side));
      const before = x.shape.map((_, i) => (i === axis ? places : 0));
      return hlo.pad(
        hlo.slice(
          x,
          end.map(() => 0),
          end,
        ),
        start,
        before,
        end.map(() => 0),
      );
    };
    let result = turned(inputs.x);
    if (exclusive) result = shifted(result, 1);
    for (let places = 1; places < length; places *= 2) result = hlo.binary(op, result, shifted(result, places));
    return turned(result);
  };

/** Over the last axis, from logits shifted by their maximum. */
const softmax =
  (logarithm: boolean): PlainLowering =>
  ({ hlo, inputs }) => {
    const logits = floats(hlo, inputs.logits ?? inputs.x);
    const { shifted, powers, sum } = normalised(hlo, logits);
    const rows = (x: Hlo): Hlo =>
      hlo.broadcast(
        x,
        logits.shape,
        logits.shape.slice(0, -1).map((_, i) => i),
      );
    return logarithm ? hlo.subtract(shifted, rows(hlo.unary('log', sum))) : hlo.divide(powers, rows(sum));
  };

/** z − max z, its exponentials, and their sum, along the last axis. */
export function normalised(hlo: Builder, logits: Hlo): { shifted: Hlo; powers: Hlo; sum: Hlo } {
  const axis = lastAxis(logits);
  const kept = logits.shape.slice(0, -1).map((_, i) => i);
  const shifted = hlo.subtract(logits, hlo.broadcast(hlo.max(logits, [axis]), logits.shape, kept));
  const powers = hlo.unary('exponential', shifted);
  return { shifted, powers, sum: hlo.sum(powers, [axis]) };
}

export const reductionLowerings: Lowerings = {
  Sum: reduction((hlo, x, axes) => hlo.sum(numbers(hlo, x), axes)),
  Mean: reduction((hlo, x, axes) => {
    const sum = hlo.sum(full(hlo, x), axes);
    return hlo.scale(
      sum,
      axes.reduce((share, axis) => share / x.shape[axis], 1),
    );
  }),
  Max: reduction((hlo, x, axes) => (x.type === 'i1' ? hlo.reduce('or', x, axes, 0) : hlo.max(x, axes))),
  Min: reduction((hlo, x, axes) => (x.type === 'i1' ? hlo.reduce('and', x, axes, 1) : hlo.min(x, axes))),
  Prod: reduction((hlo, x, axes) => hlo.reduce('multiply', numbers(hlo, x), axes, 1)),
  All: reduction((hlo, x, axes) => hlo.reduce('and', hlo.convert(x, 'i1'), axes, 1)),
  Any: reduction((hlo, x, axes) => hlo.reduce('or', hlo.convert(x, 'i1'), axes, 0)),
  ArgMax: place('max'),
  ArgMin: place('min'),
  Cumsum: cumulative('add'),
  Cumprod: cumulative('multiply'),
  Softmax: softmax(false),
  LogSoftmax: softmax(true),
  TopK: ({ hlo, inputs: { x }, attrs: { k } }) => hlo.topK(isFloat(x.type) ? x : numbers(hlo, x), k),
};
