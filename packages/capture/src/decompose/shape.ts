/** Ops that create, move, concatenate and gather values, in terms of simpler ones. */
import * as tf from '@tensorflow/tfjs-core';
import type { Composites } from './composite.js';

/** `tf.broadcastTo` is a `Tile`. */
const broadcast = (x: tf.Tensor, shape: readonly number[]): tf.Tensor =>
  tf.engine().runKernel('BroadcastTo', { x }, { shape: [...shape] });
const lengths = (shape: readonly number[], axis: number, length: number): number[] =>
  shape.map((dimension, i) => (i === axis ? length : dimension));
const ones = (shape: readonly number[]): number[] => shape.map(() => 1);
const starts = (shape: readonly number[], axis: number, from: number): number[] =>
  shape.map((_, i) => (i === axis ? from : 0));

function parts(x: tf.Tensor, axis: number, sizes: readonly number[]): tf.Tensor[] {
  let from = 0;
  return sizes.map((size) => {
    const part = tf.slice(x, starts(x.shape, axis, from), lengths(x.shape, axis, size));
    from += size;
    return part;
  });
}

export const shapeComposites = {
  Fill: (_, { shape, value, dtype }) => broadcast(tf.scalar(value, dtype), shape),
  Range: (_, { start, step, dtype }, { outputs: [{ shape }] }) =>
    tf.tensor1d(
      Array.from({ length: shape[0] }, (_, i) => start + i * step),
      dtype,
    ),
  LinSpace: (_, { start, stop, num }) =>
    tf.tensor1d(Array.from({ length: num }, (_, i) => start + (i * (stop - start)) / Math.max(1, num - 1))),
  Tile: ({ x }, { reps }) => {
    if (reps.every((count, axis) => count === 1 || x.shape[axis] === 1))
      return broadcast(
        x,
        x.shape.map((length, axis) => length * reps[axis]),
      );
    const apart = tf.reshape(
      x,
      x.shape.flatMap((length) => [1, length]),
    );
    const repeated = broadcast(
      apart,
      x.shape.flatMap((length, axis) => [reps[axis], length]),
    );
    return tf.reshape(
      repeated,
      x.shape.map((length, axis) => length * reps[axis]),
    );
  },
  // each part is padded to the full length and takes over from its first position on
  Concat: (inputs, { axis }, { outputs: [{ shape }] }) => {
    const length = shape[axis];
    let from = 0;
    let result: tf.Tensor | undefined;
    for (const x of Object.values(inputs)) {
      const after = length - from - x.shape[axis];
      const padded = tf.pad(
        x,
        shape.map((_, i): [number, number] => (i === axis ? [from, after] : [0, 0])),
      );
      const here = Array.from({ length }, (_, i) => i >= from);
      result = result ? tf.where(tf.tensor(here, lengths(ones(shape), axis, length), 'bool'), padded, result) : padded;
      from += x.shape[axis];
    }
    return result!;
  },
  Pack: (inputs, { axis }) =>
    tf.concat(
      Object.values(inputs).map((x) => tf.expandDims(x, axis)),
      axis,
    ),
  Unpack: ({ value }, { axis }, { outputs }) =>
    parts(value, axis, Array<number>(value.shape[axis]).fill(1)).map((part) => tf.reshape(part, [...outputs[0].shape])),
  SplitV: ({ x }, { numOrSizeSplits, axis }) => parts(x, axis, numOrSizeSplits),
  OneHot: ({ indices }, { depth, onValue, offValue, dtype }) => {
    const hot = tf.cast(tf.equal(tf.expandDims(indices, -1), tf.range(0, depth, 1, 'int32')), dtype);
    if (onValue === 1 && offValue === 0) return hot;
    return tf.add(tf.mul(hot, tf.scalar(onValue - offValue, dtype)), tf.scalar(offValue, dtype));
  },
  Reverse: ({ x }, { dims }) =>
    dims.reduce((current, axis) => tf.gather(current, tf.range(x.shape[axis] - 1, -1, -1, 'int32'), axis), x),
  MirrorPad: ({ x }, { paddings, mode }) => {
    const skip = mode === 'reflect' ? 1 : 0;
    return paddings.reduce((current, [before, after], axis) => {
      if (before + after === 0) return current;
      const length = x.shape[axis];
      const places = Array.from({ length: before + length + after }, (_, i) => {
        const place = i - before;
        if (place < 0) return -place - 1 + skip;
        return place < length ? place : 2 * length - place - 1 - skip;
      });
      return tf.gather(current, tf.tensor1d(places, 'int32'), axis);
    }, x);
  },
  // Σ over the rows with the segment's id, as a product with a one-hot matrix
  UnsortedSegmentSum: ({ x, segmentIds }, { numSegments }) => {
    const rows = segmentIds.size;
    const ids = tf.reshape(segmentIds, [1, rows]);
    const hot = tf.cast(tf.equal(tf.reshape(tf.range(0, numSegments, 1, 'int32'), [-1, 1]), ids), 'float32');
    const flat = tf.cast(tf.reshape(x, [rows, x.size / rows]), 'float32');
    return tf.cast(
      tf.reshape(tf.matMul(hot as tf.Tensor2D, flat as tf.Tensor2D), [numSegments, ...x.shape.slice(segmentIds.rank)]),
      x.dtype as 'float32',
    );
  },
} satisfies Composites;
