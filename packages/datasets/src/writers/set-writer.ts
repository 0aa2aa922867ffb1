/** The interface of all format writers. */
import type { Exclusion, Landmarks } from '@facewright/core';
import type { Named } from './names.js';

/** An encoded image, written byte for byte. */
export interface EncodedImage extends Named {
  readonly bytes: Uint8Array;
  /** In pixels of this image. */
  readonly landmarks?: Landmarks;
}

/** Takes images one person after another. Nothing appears under the directory's name before `finish`. */
export interface SetWriter {
  add(image: EncodedImage): Promise<void>;
  /** Lists an image that is left out, where the format has room for that. */
  exclude?(exclusion: Exclusion): Promise<void>;
  finish(): Promise<void>;
  /** Removes everything written so far. */
  abort(): Promise<void>;
}

/** Numbers people in order of first occurrence. */
export function numbering(): { readonly size: () => number; readonly of: (identity: string) => number } {
  const numbers = new Map<string, number>();
  return {
    size: () => numbers.size,
    of: (identity) => {
      const known = numbers.get(identity) ?? numbers.size;
      numbers.set(identity, known);
      return known;
    },
  };
}
