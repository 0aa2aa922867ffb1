/**
 * InsightFace's `.bin` verification sets: a pickle of (images, same), where each pair has two consecutive images,
 * encoded as bytes or as a numpy array of bytes, and `same` has one boolean per pair.
 */
import { FacewrightError } from '@facewright/core';
import { isNumpyArray, unpickle, type Unpickled } from '@facewright/core/pickle';
import { readChecked } from '@facewright/platform/node';
import { cannotOpen } from '../readers/photo-files.js';
import { dealFolds, type Pair, type PairsFile } from './folds.js';

export interface BinSet extends PairsFile {
  /** Encoded images by the names used in the pairs. */
  readonly images: ReadonlyMap<string, Uint8Array>;
}

export const isBinPath = (path: string): boolean => /\.bin$/i.test(path);

/** Such a set is held in memory; the largest known one is 0.4 GB. */
const MAX_BYTES = 4 * 2 ** 30;

/** Throws a `FacewrightError` for any other pickle. */
export async function readBin(path: string): Promise<BinSet> {
  const bytes = await readChecked(path, { maxBytes: MAX_BYTES }).catch((error: unknown) => {
    throw cannotOpen(error, 'verification set', path);
  });
  return parseBin(bytes, path);
}

export function parseBin(bytes: Uint8Array, where: string): BinSet {
  const refuse = (what: string): never => {
    throw new FacewrightError({
      what: `This is not an InsightFace verification set: ${what}.`,
      where,
      todo: 'Expected a .bin file as published by InsightFace: a pickle of encoded images and one boolean per pair.',
    });
  };
  const value = unpickle(bytes, where);
  if (!Array.isArray(value) || value.length !== 2) return refuse('its pickle is not a pair of images and booleans');
  const [list, flags] = value as Unpickled[];
  const images = Array.isArray(list) ? (list as Unpickled[]).map(bytesOf) : refuse('its images are not a list');
  const same = booleansOf(flags) ?? refuse('the flags for same pairs are not a list of booleans');
  const wrong = images.findIndex((image) => image === undefined);
  if (wrong >= 0) refuse(`image ${wrong} is not an encoded image`);
  if (images.length !== same.length * 2) refuse(`it has ${images.length} images for ${same.length} pairs`);
  if (same.length === 0) refuse('it is empty');
  const digits = Math.max(5, String(images.length).length);
  const names = images.map((_, index) => `${String(index).padStart(digits, '0')}.jpg`);
  const { folds, foldOf } = foldsOf(same);
  const pairs = same.map((one, index): Pair => ({
    a: names[index * 2],
    b: names[index * 2 + 1],
    same: one,
    fold: foldOf(index),
  }));
  return { folds, pairs, images: new Map(names.map((name, index) => [name, images[index]!])) };
}

function bytesOf(value: Unpickled): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  return isNumpyArray(value) && value.data instanceof Uint8Array ? value.data : undefined;
}

function booleansOf(value: Unpickled): readonly boolean[] | undefined {
  const list: unknown = isNumpyArray(value) ? [...value.data] : value;
  if (!Array.isArray(list)) return undefined;
  return list.every((one) => typeof one === 'boolean' || one === 0 || one === 1) ? list.map(Boolean) : undefined;
}

/**
 * Ten folds of consecutive pairs, like InsightFace's verification.py. If those lack pairs of either kind, each kind is
 * distributed in turn.
 */
function foldsOf(same: readonly boolean[]): { folds: number; foldOf: (index: number) => number } {
  const successive = (index: number): number => Math.floor((index * 10) / same.length);
  const both = Array.from({ length: 10 }, () => new Set<boolean>());
  same.forEach((one, index) => both[successive(index)].add(one));
  if (both.every(({ size }) => size === 2)) return { folds: 10, foldOf: successive };
  const { folds, foldOf } = dealFolds(same);
  return { folds, foldOf: (index) => foldOf[index] };
}
