/**
 * The memory of batches, shared with the threads that fill them. Who is done with a batch passes it to `releaseArray`, and
 * a later one is written there: clearing new pages for each batch takes the system as long as decoding its images.
 */
import { lendArray } from '@facewright/core';
import { FAST_OFFSET } from '@facewright/platform/node';

/** A new array of this many bytes. */
export const newPixels = (bytes: number): Uint8Array<SharedArrayBuffer> =>
  pixelsIn(new SharedArrayBuffer(FAST_OFFSET + bytes));

const pixelsIn = (buffer: SharedArrayBuffer): Uint8Array<SharedArrayBuffer> => new Uint8Array(buffer, FAST_OFFSET);

/** Batches kept for later; as many are rarely released before one of them is used again. */
const MOST_KEPT = 4;

export class BatchMemory {
  private kept: SharedArrayBuffer[] = [];

  /** An array of this many bytes, of any content. Nobody else has it until it is released after `lend`. */
  take(bytes: number): Uint8Array<SharedArrayBuffer> {
    const found = this.kept.findLast((buffer) => buffer.byteLength === FAST_OFFSET + bytes);
    if (!found) return newPixels(bytes);
    this.kept = this.kept.filter((buffer) => buffer !== found);
    return pixelsIn(found);
  }

  /** Lets `releaseArray` bring back an array that was taken. No thread may write to it any more. */
  lend(array: Uint8Array<SharedArrayBuffer>): void {
    lendArray(array, () => {
      this.kept = [...this.kept, array.buffer].slice(-MOST_KEPT);
    });
  }
}
