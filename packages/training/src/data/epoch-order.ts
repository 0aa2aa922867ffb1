/**
 * The order of an epoch: at random over all images, or file by file with a buffer that mixes them. Both are pure functions
 * of the random stream.
 */
import { permutation, type Random, type RunConfig } from '@facewright/core';

export interface EpochOrder {
  /** Positions among the training samples in the order in which they are used. */
  readonly used: Uint32Array;
  /** The same positions in the order in which they are read into the buffer; missing if they are read at random. */
  readonly read?: Uint32Array;
}

/** The file that each position's image lies in; images of a file follow each other there in the order of their positions. */
export type FileOf = (position: number) => number;

export const randomOrder = (length: number, random: Random): EpochOrder => ({ used: permutation(length, random) });

/**
 * Reads files in an order drawn at random, each from start to end. The buffer holds `buffer` images; each image used is
 * drawn from it and replaced by the next one read, as in tf.data's `shuffle`.
 */
export function bufferedOrder(length: number, buffer: number, fileOf: FileOf, random: Random): EpochOrder {
  const read = readOrder(length, fileOf, random.fork('files'));
  const draw = random.fork('buffer');
  const held = read.slice(0, buffer);
  const used = new Uint32Array(length);
  for (let place = 0, left = held.length; place < length; place++) {
    const drawn = draw.integer(left);
    used[place] = held[drawn];
    const next = place + held.length;
    // the buffer shrinks once everything has been read
    held[drawn] = next < length ? read[next] : held[--left];
  }
  return { used, read };
}

/** Runs of positions in one file, in an order drawn at random. */
function readOrder(length: number, fileOf: FileOf, random: Random): Uint32Array {
  let runs = 0;
  for (let position = 0; position < length; position++)
    if (position === 0 || fileOf(position) !== fileOf(position - 1)) runs++;
  const starts = new Uint32Array(runs + 1);
  starts[runs] = length;
  for (let position = 0, run = 0; position < length; position++)
    if (position === 0 || fileOf(position) !== fileOf(position - 1)) starts[run++] = position;
  const read = new Uint32Array(length);
  let place = 0;
  for (const run of permutation(runs, random))
    for (let position = starts[run]; position < starts[run + 1]; position++) read[place++] = position;
  return read;
}

/** Epoch orders by what the config says. */
export function epochOrder(
  order: RunConfig['order'],
  length: number,
  fileOf: FileOf | undefined,
  random: Random,
): EpochOrder {
  return order === 'random'
    ? randomOrder(length, random)
    : bufferedOrder(length, order.buffer, fileOf ?? (() => 0), random);
}
