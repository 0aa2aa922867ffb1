/**
 * From photos to embedded faces: opened, found, aligned and embedded, one photo or many. Aligned faces are embedded
 * together while the next ones are read.
 */
import {
  FacewrightError,
  Interrupted,
  throwIfAborted,
  type Aligner,
  type ByteLimits,
  type Detector,
  type Face,
  type RgbImage,
} from '@facewright/core';
import { decodeImage, oneAhead, type DecodedImage, type DecodeLimits, type DecodeOptions } from '@facewright/platform';
import { alignInPhoto, centralFace, faceInPhoto } from '@facewright/preprocess';
import type { Embedder, ModelCard, ModelFiles } from '@facewright/training';

/**
 * A path in Node or a URL in a browser, an encoded photo, a `File` or `Blob`, or pixels. A JPEG over the limits is
 * decoded at a fraction of its size.
 */
export type PhotoInput = string | Uint8Array | { arrayBuffer(): Promise<ArrayBuffer> } | RgbImage;

export interface FaceOptions {
  /** `true`: the photo is an aligned face; `false`: it is not; by default, it is if it has exactly the aligned size. */
  readonly aligned?: boolean;
}

export interface FacesOptions extends FaceOptions {
  /** Only the large face near the centre. */
  readonly central?: boolean;
}

export interface EmbeddedFace {
  /** Where the face is in the photo; missing if the photo is an aligned face. */
  readonly face?: Face;
  /** The aligned face. */
  readonly crop: RgbImage;
  /** Of length 1. */
  readonly embedding: Float32Array;
  /** Of the embedding before it was made 1: short where the model sees little of a face. Compare it with other photos. */
  readonly embeddingLength: number;
}

/** The faces of one of many photos. */
export interface FacesOfItem<T> {
  readonly item: T;
  readonly faces: readonly EmbeddedFace[];
  /** Why the photo cannot be used. */
  readonly error?: FacewrightError;
}

/** What photos pass through before they are embedded. */
export interface FaceParts {
  readonly files: Pick<ModelFiles, 'card'>;
  /** Must match the alignment in the model's card. */
  readonly aligner: Aligner;
  /** Called when the first photo needs it. */
  detector(): Promise<Detector>;
  /** Opens a photo by name. */
  open(photo: string, limits: DecodeOptions & ByteLimits): Promise<DecodedImage>;
  readonly limits?: DecodeLimits & ByteLimits;
  readonly signal?: AbortSignal;
}

export interface FaceReader {
  /** All faces of a photo, in the detector's order of confidence; [] if there are none. */
  faces(photo: PhotoInput, options?: FacesOptions): Promise<EmbeddedFace[]>;
  /**
   * The same for many photos, in order. Aligned faces are embedded 32 at a time while the next ones are read, so this is
   * faster than `faces` for each. A photo that cannot be used comes with its error. `photoOf` is called for one item at a
   * time, ahead of what is returned.
   */
  facesOfAll<T>(
    items: Iterable<T> | AsyncIterable<T>,
    photoOf: (item: T) => PhotoInput | Promise<PhotoInput>,
    options?: FacesOptions,
  ): AsyncIterable<FacesOfItem<T>>;
}

export function faceReader(parts: FaceParts, embedder: Pick<Embedder, 'measure'>): FaceReader {
  const { files, aligner, signal } = parts;
  const inTurn = queue();

  const found = async (photo: PhotoInput, options: FacesOptions): Promise<FoundFaces> => {
    const image = await pixelsOf(photo, parts);
    return isAligned(image, files.card, options)
      ? { aligned: true, faces: [{ crop: image }] }
      : { aligned: false, faces: await inTurn(() => cut(image, options)) };
  };
  const embedded = async (faces: readonly FoundFace[]): Promise<EmbeddedFace[]> => {
    throwIfAborted(signal);
    const measured = await embedder.measure(faces.map(({ crop }) => crop));
    return faces.map((each, index) => {
      const { embedding, length } = measured[index];
      return { ...each, embedding, embeddingLength: length };
    });
  };
  const faces = async (photo: PhotoInput, options: FacesOptions = {}): Promise<EmbeddedFace[]> =>
    embedded((await found(photo, options)).faces);
  async function* facesOfAll<T>(
    items: Iterable<T> | AsyncIterable<T>,
    photoOf: (item: T) => PhotoInput | Promise<PhotoInput>,
    options: FacesOptions = {},
  ): AsyncGenerator<FacesOfItem<T>> {
    const open = (item: T): Promise<FoundFaces> =>
      Promise.resolve(photoOf(item)).then((photo) => found(photo, options));
    for await (const group of oneAhead(inGroups(items, open))) {
      const all = await embedded(group.flatMap(({ faces }) => faces));
      for (const { item, faces, error } of group)
        yield { item, faces: all.splice(0, faces.length), ...(error && { error }) };
    }
  }
  const cut = async (image: DecodedImage, { central = false }: FacesOptions): Promise<FoundFace[]> => {
    const all = await (await parts.detector()).detect(image);
    const chosen = central ? [centralFace(all, image) ?? []].flat() : all;
    const faces: FoundFace[] = [];
    for (const each of chosen) {
      const face = faceInPhoto(image, each);
      faces.push({ face, crop: await alignInPhoto(aligner, image, face.landmarks) });
    }
    return faces;
  };
  return { faces, facesOfAll };
}

/** A face before it is embedded. */
type FoundFace = Pick<EmbeddedFace, 'face' | 'crop'>;

interface FoundFaces {
  /** The photo is an aligned face. */
  readonly aligned: boolean;
  readonly faces: readonly FoundFace[];
}

/** How many aligned faces are embedded together. */
const TOGETHER = 32;

interface OpenedItem<T> {
  readonly item: T;
  readonly faces: readonly FoundFace[];
  readonly error?: FacewrightError;
}

/**
 * Aligned faces that follow each other are embedded together. The faces of a photo in which they were looked for are not
 * kept back: finding them takes longer than embedding them.
 */
async function* inGroups<T>(
  items: Iterable<T> | AsyncIterable<T>,
  open: (item: T) => Promise<FoundFaces>,
): AsyncGenerator<OpenedItem<T>[]> {
  let group: OpenedItem<T>[] = [];
  for await (const item of items) {
    const opened = await open(item).catch(errorOfPhoto);
    group.push(opened instanceof FacewrightError ? { item, faces: [], error: opened } : { item, faces: opened.faces });
    if (group.length < TOGETHER && (opened instanceof FacewrightError || opened.aligned)) continue;
    yield group;
    group = [];
  }
  if (group.length) yield group;
}

/** Rethrows an error that the photo is not to blame for. */
function errorOfPhoto(error: unknown): FacewrightError {
  if (error instanceof FacewrightError && !(error instanceof Interrupted)) return error;
  throw error;
}

/**
 * Pixels above which a photo is decoded at a fraction of its size. MTCNN finds a face of 20 pixels in the smaller image,
 * one of 40 in a photo of 108 megapixels, and takes a quarter of the time and memory. Faces are still cut from the photo.
 */
export const LARGE_PHOTO = 30_000_000;

async function pixelsOf(photo: PhotoInput, { open, limits, signal }: FaceParts): Promise<DecodedImage> {
  throwIfAborted(signal);
  const options = { ...limits, reduce: LARGE_PHOTO };
  if (typeof photo === 'string') return open(photo, { ...options, signal });
  if (photo instanceof Uint8Array) return decodeImage(photo, { ...options, where: 'a photo passed as bytes' });
  if ('data' in photo) return photo;
  const where = (photo as { name?: string }).name;
  return decodeImage(new Uint8Array(await photo.arrayBuffer()), { ...options, where });
}

/** Whether the photo is already an aligned face: as the caller says, or else judged by its size. */
function isAligned({ width, height }: RgbImage, { alignment: { size } }: ModelCard, { aligned }: FaceOptions): boolean {
  const fits = width === size && height === size;
  if (aligned && !fits)
    throw new FacewrightError({
      what: `The aligned face is ${width}×${height} pixels, but the model expects ${size}×${size}.`,
      todo: 'Pass the photo it was cut from, without "aligned".',
    });
  return aligned ?? fits;
}

/** Runs tasks one at a time, in order, because a detector handles one photo at a time. */
function queue(): <T>(work: () => Promise<T>) => Promise<T> {
  let tail: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = tail.then(work);
    tail = done.catch(() => undefined);
    return done;
  };
}
