/** What every writer of a format takes and does. */
import type { Landmarks } from '@facewright/core';
import type { Named } from './names.js';

/** An encoded image; its bytes are written as they are. */
export interface EncodedImage extends Named {
  readonly bytes: Uint8Array;
  /** In pixels of this image. */
  readonly landmarks?: Landmarks;
}

/** Takes images one person after another; nothing is visible under the directory's name before `finish`. */
export interface SetWriter {
  add(image: EncodedImage): Promise<void>;
  finish(): Promise<void>;
  /** Leaves nothing half written. */
  abort(): Promise<void>;
}

/** Numbers of people by first sight. */
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
