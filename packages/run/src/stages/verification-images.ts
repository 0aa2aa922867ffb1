/**
 * The images of a verification set in the form the model needs: aligned ones unchanged, photos detected and aligned
 * first.
 */
import { FacewrightError, throwIfAborted, type Aligner, type Detector, type RgbImage } from '@facewright/core';
import { decodeImage, jpegHeader, type DecodeLimits } from '@facewright/platform/node';
import { openBatchDecoder, type BatchDecoder, type ImageSource } from '@facewright/datasets';
import { centralFace } from '@facewright/preprocess';

export interface ImageOptions {
  readonly images: ImageSource;
  /** Side of aligned images in pixels. */
  readonly size: number;
  /**
   * `true`: the images are aligned; `false`: they are photos; `undefined`: images of the aligned size are aligned, all
   * others are photos.
   */
  readonly aligned?: boolean;
  /** Called when the first image that is not aligned arrives. */
  align(): Promise<{ detector: Detector; aligner: Aligner }>;
  readonly signal: AbortSignal;
  /** Larger images are skipped. */
  readonly limits?: DecodeLimits;
}

/** An unusable image. */
export interface SkippedImage {
  readonly path: string;
  readonly reason: string;
}

/** The images of a verification set, aligned. */
export interface AlignedImages {
  /** `undefined` if the image cannot be used. Errors in the aligner or detector are thrown. */
  read(path: string): Promise<RgbImage | undefined>;
  /** The same of many, in order. Prepared crops are decoded in threads if there are many of them. */
  readAll(paths: readonly string[]): Promise<(RgbImage | undefined)[]>;
  /** Ends the threads. */
  close(): Promise<void>;
}

/** Starting threads takes about as long as decoding this many crops. */
const FEW = 512;

/** The reason why an image cannot be used is passed to `skip`. */
export function alignedImages(options: ImageOptions, skip: (image: SkippedImage) => void): AlignedImages {
  const decoder = cropDecoder(options);
  const read = async (path: string, bytes?: Uint8Array): Promise<RgbImage | undefined> => {
    const image = await decoded(path, options, skip, bytes);
    return image && asAligned(path, image, options, skip);
  };
  return {
    read: (path) => read(path),
    async readAll(paths) {
      const files: (Uint8Array | undefined)[] = [];
      for (const path of paths) files.push(await bytesOf(path, options));
      const crops = await decoder.decode(files);
      const images: (RgbImage | undefined)[] = [];
      // one after another: a detector handles one photo at a time, and the order of what is skipped is that of the list
      for (const [index, path] of paths.entries()) images.push(crops[index] ?? (await read(path, files[index])));
      return images;
    },
    close: () => decoder.close(),
  };
}

async function decoded(
  path: string,
  { images, signal, limits = {} }: ImageOptions,
  skip: (image: SkippedImage) => void,
  known?: Uint8Array,
): Promise<RgbImage | undefined> {
  try {
    const bytes = known ?? (await images.bytes(path, { ...limits, signal }));
    return await decodeImage(bytes, { ...limits, where: path });
  } catch (error) {
    throwIfAborted(signal, 'evaluation');
    if (!(error instanceof FacewrightError)) throw error;
    skip({ path, reason: error.what });
    return undefined;
  }
}

/** More than a prepared crop ever has. Photos are read again when it is their turn, so that only one is held. */
const LARGEST_CROP = 1 << 20;

/** `undefined` if the file is no crop or cannot be read; reading it again gives the reason. */
async function bytesOf(path: string, { images, signal, limits }: ImageOptions): Promise<Uint8Array | undefined> {
  const bytes = await images.bytes(path, { ...limits, signal }).catch(() => undefined);
  return bytes && bytes.length <= LARGEST_CROP ? bytes : undefined;
}

async function asAligned(
  path: string,
  image: RgbImage,
  { size, aligned, align }: ImageOptions,
  skip: (image: SkippedImage) => void,
): Promise<RgbImage | undefined> {
  if (image.width === size && image.height === size && aligned !== false) return image;
  if (aligned) {
    skip({ path, reason: `${image.width}×${image.height} pixels instead of ${size}×${size}` });
    return undefined;
  }
  const { detector, aligner } = await align();
  const face = centralFace(await detector.detect(image), image);
  if (!face) skip({ path, reason: 'no face found' });
  return face && aligner.align(image, face.landmarks);
}

interface CropDecoder {
  /** The files that are prepared crops; `undefined` for all others, and for all as long as there are few. */
  decode(files: readonly (Uint8Array | undefined)[]): Promise<readonly (RgbImage | undefined)[]>;
  close(): Promise<void>;
}

function cropDecoder({
  size,
  aligned,
  limits: { maxPixels = Infinity, maxSide = Infinity } = {},
}: ImageOptions): CropDecoder {
  let threads: BatchDecoder | undefined;
  let seen = 0;
  const allowed = aligned !== false && size <= maxSide && size * size <= maxPixels;
  const isCrop = (bytes: Uint8Array | undefined): bytes is Uint8Array => {
    const header = bytes && jpegHeader(bytes);
    return header?.plain === true && header.width === size && header.height === size;
  };
  return {
    async decode(files) {
      const crops = allowed ? files.filter(isCrop) : [];
      seen += crops.length;
      if (seen <= FEW || !crops.length) return [];
      threads ??= openBatchDecoder({ size: [size, size] });
      const images = new Map<Uint8Array, RgbImage | undefined>();
      (await threads.decode(crops)).forEach((image, index) => images.set(crops[index], image));
      return files.map((bytes) => bytes && images.get(bytes));
    },
    close: async () => threads?.close(),
  };
}
