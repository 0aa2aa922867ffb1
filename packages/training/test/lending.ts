/** An image store whose arrays are lent, and overwritten as soon as they are released. */
import { lendArray } from '@facewright/core';
import type { ImageStore } from '../src/data/images.js';

export interface LendingStore extends ImageStore {
  /** Reads so far. */
  readonly lent: number;
  /** How many of their arrays have been released. */
  readonly back: number;
}

export function lendingStore(store: ImageStore): LendingStore {
  let [lent, back] = [0, 0];
  return {
    ...store,
    async read(samples, mirrored) {
      const bytes = await store.read(samples, mirrored);
      const pixels = new Uint8Array(new SharedArrayBuffer(bytes.length + 4), 4);
      pixels.set(bytes);
      lent++;
      lendArray(pixels, () => {
        back++;
        pixels.fill(0xaa);
      });
      return pixels;
    },
    get lent() {
      return lent;
    },
    get back() {
      return back;
    },
  };
}
