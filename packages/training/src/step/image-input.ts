/**
 * Images as a step receives them. An engine that takes bytes gets them as RGB bytes, a quarter of the size, and with a
 * flag for each that is mirrored; the step scales and mirrors them. Other engines get the floats. Both give the same
 * numbers: a byte is looked up in the table that the floats are made from.
 */
import { ofColour, type Model, type State } from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';

const LEVELS = 256;
const COLOURS = 3;

/** What a model expects for each byte, one table for each of red, green and blue. */
export function levelTables({ inputScale }: Pick<Model, 'inputScale'>): Float32Array[] {
  const { offset, scale } = inputScale ?? { offset: 127.5, scale: 1 / 127.5 };
  return Array.from({ length: COLOURS }, (_, colour) =>
    Float32Array.from({ length: LEVELS }, (_, value) => (value - ofColour(offset, colour)) * ofColour(scale, colour)),
  );
}

/**
 * Images [n, height, width, 3] as the model expects them: floats as they are; bytes (int32 inside a step) scaled, and
 * mirrored where `mirrored` [n] is not 0.
 */
export function modelInput(model: Pick<Model, 'inputScale'>, { images, mirrored }: State): tf.Tensor4D {
  if (images.dtype !== 'int32') return images as tf.Tensor4D;
  const turned = mirrored ? whereMirrored(images as tf.Tensor4D, mirrored) : images;
  const tables = levelTables(model);
  const alike = tables.every((table) => table.every((value, level) => value === tables[0][level]));
  if (alike) return looked(tables[0], turned);
  const together = Float32Array.from(tables.flatMap((table) => Array.from(table)));
  const starts = tf.tensor1d([0, LEVELS, 2 * LEVELS], 'int32');
  return looked(together, tf.add(turned, starts));
}

const looked = (table: Float32Array, places: tf.Tensor): tf.Tensor4D =>
  tf.gather(tf.tensor1d(table), places as tf.Tensor4D) as tf.Tensor as tf.Tensor4D;

const whereMirrored = (images: tf.Tensor4D, mirrored: tf.Tensor): tf.Tensor =>
  tf.where(tf.cast(tf.reshape(mirrored, [-1, 1, 1, 1]), 'bool'), tf.reverse(images, 2), images);
