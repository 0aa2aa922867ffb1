/** The work of a reading thread: decodes the images of a batch from shards, each into its place in shared memory. */
import { fitPixels, mirrorPixels } from '@facewright/platform';
import { decodeImage, jpegDecoder, jpegHeader, type PlainDecoder } from '@facewright/platform/node';
import { crc32 } from 'node:zlib';
import { OpenFiles } from '../dataset/open-files.js';

/** In place of a shard: the image is in `held`. */
export const HELD = 0xffffffff;

/** Where the images are and where their pixels go. All columns have one entry per image. */
export interface FillTask {
  readonly shards: Uint32Array;
  /** Bytes from the start of the shard, or of `held`. */
  readonly offsets: Float64Array;
  readonly sizes: Uint32Array;
  readonly checksums: Uint32Array;
  /** 1 for an image to flip horizontally. */
  readonly mirrored: Uint8Array;
  /** Encoded images that were read before. */
  readonly held: Uint8Array;
  /** Height and width in pixels to fit every image to. */
  readonly size: readonly [height: number, width: number];
  /** RGB bytes of the whole batch. */
  readonly pixels: Uint8Array;
  /** Position of the first image in the batch. */
  readonly first: number;
}

/** Fills in the images of a task. Resolves with the batch positions of those that could not be read. */
export type Fill = (task: FillTask) => Promise<number[]>;

/** What a reading thread is started with. */
export interface FillData {
  /** The shards' files. */
  readonly paths: readonly string[];
  /** How many of them stay open. */
  readonly mostOpen: number;
}

/** Images up to this size are read without a new buffer for each. */
const USUAL_BYTES = 64 << 10;

export function createFill({ paths, mostOpen }: FillData): Fill {
  const files = new OpenFiles(paths, mostOpen);
  const room = Buffer.allocUnsafeSlow(USUAL_BYTES);
  /** The bytes stay only until the next call. */
  const bytesAt = (shard: number, offset: number, size: number): Buffer | Promise<Buffer> =>
    files.ready(shard)?.readSync(offset, size, room) ?? files.use(shard, (file) => file.readSync(offset, size, room));
  return async ({ shards, offsets, sizes, checksums, mirrored, held, size, pixels, first }) => {
    const decoder = await jpegDecoder();
    const bytesEach = size[0] * size[1] * 3;
    const failed: number[] = [];
    for (let i = 0; i < shards.length; i++) {
      const into = pixels.subarray((first + i) * bytesEach, (first + i + 1) * bytesEach);
      try {
        const bytes =
          shards[i] === HELD
            ? held.subarray(offsets[i], offsets[i] + sizes[i])
            : await bytesAt(shards[i], offsets[i], sizes[i]);
        if (crc32(bytes) !== checksums[i]) throw new Error('the checksum does not match');
        // avoids a turn of the event loop for images that do not need one
        if (!decodeAtSize(decoder, bytes, size, into)) into.set(fitPixels(await decodeImage(bytes), size));
        if (mirrored[i]) mirrorPixels(into, size[1]);
      } catch {
        failed.push(first + i);
      }
    }
    return failed;
  };
}

/** A plain JPEG that already has the wanted size is decoded directly into place. */
function decodeAtSize(
  decoder: PlainDecoder,
  bytes: Uint8Array,
  [height, width]: FillTask['size'],
  into: Uint8Array,
): boolean {
  const header = jpegHeader(bytes);
  if (!header?.plain || header.width !== width || header.height !== height) return false;
  return decoder.decode(bytes, header, into);
}
