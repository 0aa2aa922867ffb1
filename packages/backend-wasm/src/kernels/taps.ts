/**
 * Shared by the filter gradients of convolutions. The padded image is laid out on the grid of dy: one grid per phase of
 * the stride, and dy padded with zeros to the same grid. The values that meet one weight are then the flattened phase
 * shifted by a whole number of rows: one contiguous copy. Sums over all rows are right, because dy is zero wherever a
 * shift crosses an edge.
 */
import * as tf from '@tensorflow/tfjs-core';

export interface Window {
  readonly padInfo: { readonly top: number; readonly bottom: number; readonly left: number; readonly right: number };
  readonly filterHeight: number;
  readonly filterWidth: number;
  readonly strideHeight: number;
  readonly strideWidth: number;
  readonly dilationHeight: number;
  readonly dilationWidth: number;
  readonly outHeight: number;
  readonly outWidth: number;
}

/**
 * Calls `use(values, gradient)` for every weight, row by row: `values` [rows, in] are the inputs it met, `gradient`
 * [rows, out] is dy.
 */
export function eachTap<T extends tf.TensorContainer>(
  x: tf.Tensor4D,
  dy: tf.Tensor4D,
  window: Window,
  use: (values: tf.Tensor2D, gradient: tf.Tensor2D) => T,
): T[] {
  const {
    filterHeight,
    filterWidth,
    strideHeight,
    strideWidth,
    dilationHeight,
    dilationWidth,
    outHeight,
    outWidth,
    padInfo,
  } = window;
  const [batch, height, width, channels] = x.shape;
  const grid = {
    height: Math.max(outHeight, Math.ceil((height + padInfo.top + padInfo.bottom) / strideHeight)),
    width: Math.max(outWidth, Math.ceil((width + padInfo.left + padInfo.right) / strideWidth)),
  };
  const below = grid.height * strideHeight - height - padInfo.top;
  const right = grid.width * strideWidth - width - padInfo.left;
  const padded =
    padInfo.top || padInfo.left || below || right
      ? tf.pad(x, [
          [0, 0],
          [padInfo.top, below],
          [padInfo.left, right],
          [0, 0],
        ])
      : x;

  const phases = new Map<string, tf.Tensor2D>();
  const phase = (y: number, x: number): tf.Tensor2D => {
    const key = `${y},${x}`;
    if (!phases.has(key)) {
      const rows = tf.reshape(padded, [batch * grid.height, strideHeight, grid.width, strideWidth * channels]);
      const one =
        strideHeight * strideWidth === 1 ? rows : tf.slice(rows, [0, y, 0, x * channels], [-1, 1, -1, channels]);
      phases.set(key, tf.reshape(one, [-1, channels]));
    }
    return phases.get(key)!;
  };
  const taps = Array.from({ length: filterHeight * filterWidth }, (_, tap) => {
    const y = Math.floor(tap / filterWidth) * dilationHeight;
    const x = (tap % filterWidth) * dilationWidth;
    return {
      from: phase(y % strideHeight, x % strideWidth),
      shift: Math.floor(y / strideHeight) * grid.width + Math.floor(x / strideWidth),
    };
  });
  const rows = batch * grid.height * grid.width - Math.max(...taps.map(({ shift }) => shift));
  const filled = tf.pad(dy, [
    [0, 0],
    [0, grid.height - outHeight],
    [0, grid.width - outWidth],
    [0, 0],
  ]);
  const gradient = firstRows(tf.reshape(filled, [-1, dy.shape[3]]), 0, rows);
  return taps.map(({ from, shift }) => tf.tidy(() => use(firstRows(from, shift, rows), gradient)));
}

function firstRows(x: tf.Tensor2D, begin: number, rows: number): tf.Tensor2D {
  return begin === 0 && rows === x.shape[0] ? x : tf.slice(x, [begin, 0], [rows, -1]);
}
