/**
 * A recogniser built from given parts: finds and aligns the faces in photos, embeds them, and identifies people by
 * their embeddings.
 */
import {
  FacewrightError,
  Interrupted,
  throwIfAborted,
  type Aligner,
  type ByteLimits,
  type Detector,
  type Engine,
  type Face,
  type Model,
  type RgbImage,
} from '@facewright/core';
import {
  decodeImage,
  oneAhead,
  readFile,
  writeFileAtomic,
  type DecodedImage,
  type DecodeLimits,
  type DecodeOptions,
} from '@facewright/platform';
import { alignInPhoto, centralFace, faceInPhoto } from '@facewright/preprocess';
import {
  checkAlignment,
  cosineSimilarity,
  createEmbedder,
  type ModelCard,
  type ModelFiles,
} from '@facewright/training';
import { Gallery, type Candidate } from './gallery.js';
import { modelIdentity } from './model-identity.js';
import { thresholdFor, usualThreshold, type Threshold } from './thresholds.js';

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

export interface Comparison {
  /** Cosine similarity in [−1, 1]. */
  readonly similarity: number;
  /** Whether it reaches the threshold; `null` without one. */
  readonly same: boolean | null;
  readonly threshold: Threshold | null;
}

/** The faces of one of many photos, or why there are none. */
export type FacesOfItem<T> =
  | { readonly item: T; readonly faces: readonly EmbeddedFace[]; readonly error?: undefined }
  | { readonly item: T; readonly error: FacewrightError };

/** A threshold given by its false accept rate from the model's card, or directly. */
export interface ThresholdOptions {
  readonly falseAcceptRate?: number;
  /** Cosine similarity. */
  readonly threshold?: number;
}

export interface IdentifyOptions extends ThresholdOptions, FaceOptions {
  /** How many of the most similar people to return for each face; default 5. */
  readonly candidates?: number;
}

export interface IdentifiedFace extends EmbeddedFace {
  /** `null`: nobody in the gallery. */
  readonly name: string | null;
  /** Similarity to the closest person; `null` if the gallery is empty. */
  readonly similarity: number | null;
  readonly threshold: Threshold;
  /** Most similar first, whether or not they reach the threshold. */
  readonly candidates: readonly Candidate[];
}

export interface Enrolment {
  readonly name: string;
  /** Number of photos added. */
  readonly added: number;
  /** Unusable photos; `photo` is the index in the list. */
  readonly skipped: readonly { readonly photo: number; readonly reason: string }[];
}

export interface Recogniser {
  readonly card: ModelCard;
  /** SHA-256 of the model in hexadecimal; galleries are checked against it. */
  readonly identity: string;
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
  /**
   * The embedding of the photo's large central face: `embeddingSize` numbers, of length 1. Throws a `FacewrightError`
   * if no face is found.
   */
  embed(photo: PhotoInput, options?: FaceOptions): Promise<Float32Array>;
  /**
   * Compares two photos, or embeddings of this model. Without a rate or threshold, uses the card's most accurate
   * threshold.
   */
  compare(
    a: PhotoInput | Float32Array,
    b: PhotoInput | Float32Array,
    options?: ThresholdOptions & FaceOptions,
  ): Promise<Comparison>;
  /** Adds a person's photos. Throws a `FacewrightError` if none of them can be used. */
  enrol(name: string, photos: readonly PhotoInput[], options?: FaceOptions): Promise<Enrolment>;
  /**
   * Identifies each face in the photo. The rate applies to comparing two photos: in a gallery of n people, a stranger
   * is mistaken for one of them up to n times as often.
   */
  identify(photo: PhotoInput, options?: IdentifyOptions): Promise<IdentifiedFace[]>;
  people(): readonly { readonly name: string; readonly photos: number }[];
  /**
   * Removes a person from the gallery; returns whether they were in it. A saved file keeps them until it is saved
   * again.
   */
  forget(name: string): boolean;
  /**
   * Writes the gallery completely or not at all. In a browser, files only live in the page's memory: store
   * `galleryBytes` instead.
   */
  save(path: string): Promise<void>;
  /**
   * Replaces this gallery with that of a file. Throws a `FacewrightError` if the file is damaged or from another model.
   */
  load(path: string): Promise<void>;
  galleryBytes(): Uint8Array;
  useGallery(bytes: Uint8Array): void;
  dispose(): Promise<void>;
}

export interface RecogniserParts {
  readonly files: ModelFiles;
  readonly model: Model;
  readonly engine: Engine;
  /** Must match the alignment in the model's card. */
  readonly aligner: Aligner;
  /** Called when the first photo needs it. */
  detector(): Promise<Detector>;
  /** Opens a photo by name. */
  open(photo: string, limits: DecodeOptions & ByteLimits): Promise<DecodedImage>;
  readonly limits?: DecodeLimits & ByteLimits;
  readonly signal?: AbortSignal;
  /** Called by `dispose` after the recogniser has released its own resources. */
  dispose?(): Promise<void>;
}

/** Throws a `FacewrightError` if the aligner is not the one the model was trained with. */
export function recogniserFrom(parts: RecogniserParts): Recogniser {
  const { files, model, engine, aligner, signal } = parts;
  const { card } = files;
  checkAlignment(card, aligner, 'the aligner of the recogniser');
  const embedder = createEmbedder({ engine, model, params: files.params, statistics: files.statistics });
  const identity = modelIdentity(files);
  const gallery = new Gallery({ identity, embeddingSize: card.embeddingSize });
  const inTurn = queue();

  const found = async (photo: PhotoInput, options: FacesOptions): Promise<FoundFaces> => {
    const image = await pixelsOf(photo, parts);
    return isAligned(image, card, options)
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
    const open = (item: T): Promise<FoundFaces> => Promise.resolve(photoOf(item)).then((photo) => found(photo, options));
    for await (const group of oneAhead(inGroups(items, open))) {
      const all = await embedded(group.flatMap(({ faces }) => faces ?? []));
      for (const { item, faces, error } of group)
        yield error ? { item, error } : { item, faces: all.splice(0, faces.length) };
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
  const embed = async (photo: PhotoInput, options: FaceOptions = {}): Promise<Float32Array> => {
    const [face] = await faces(photo, { ...options, central: true });
    if (face) return face.embedding;
    throw noFace(photo);
  };
  const load = (bytes: Uint8Array, where: string): void => gallery.decode(bytes, where);

  return {
    card,
    identity,
    faces,
    facesOfAll,
    embed,
    async compare(a, b, options = {}) {
      const vector = (one: PhotoInput | Float32Array): Promise<Float32Array> | Float32Array =>
        one instanceof Float32Array ? sized(one, card) : embed(one, options);
      const similarity = cosineSimilarity(await vector(a), await vector(b));
      const named = options.falseAcceptRate !== undefined || options.threshold !== undefined;
      const threshold = named ? chosen(card, options) : usualThreshold(card);
      return { similarity, same: threshold ? similarity >= threshold.threshold : null, threshold: threshold ?? null };
    },
    enrol: (name, photos, options) =>
      enrol(gallery, name, photos, facesOfAll(photos, (photo) => photo, { ...options, central: true })),
    async identify(photo, options = {}) {
      const threshold = chosen(card, options);
      return (await faces(photo, options)).map((each) => {
        const candidates = gallery.nearest(each.embedding, Math.max(1, options.candidates ?? 5));
        const [first] = candidates;
        const name = first && first.similarity >= threshold.threshold ? first.name : null;
        return { ...each, name, similarity: first?.similarity ?? null, threshold, candidates };
      });
    },
    people: () => gallery.list(),
    forget: (name) => gallery.forget(name),
    save: (path) => writeFileAtomic(path, gallery.encode()),
    load: async (path) => load(await readGallery(path), path),
    galleryBytes: () => gallery.encode(),
    useGallery: (bytes) => load(bytes, 'a gallery passed as bytes'),
    async dispose() {
      embedder.dispose();
      await parts.dispose?.();
    },
  };
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

type OpenedItem<T> = { readonly item: T } & (
  | { readonly faces: readonly FoundFace[]; readonly error?: undefined }
  | { readonly faces?: undefined; readonly error: FacewrightError }
);

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
    group.push(opened instanceof FacewrightError ? { item, error: opened } : { item, faces: opened.faces });
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

const noFace = (photo: PhotoInput): FacewrightError =>
  new FacewrightError({
    what: 'No face was found in the photo.',
    where: typeof photo === 'string' ? photo : undefined,
    todo: 'Use a photo with a face that looks roughly at the camera.',
  });

async function pixelsOf(photo: PhotoInput, { open, limits, signal }: RecogniserParts): Promise<DecodedImage> {
  throwIfAborted(signal);
  const options = { ...limits, reduce: true };
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

async function enrol(
  gallery: Gallery,
  name: string,
  photos: readonly PhotoInput[],
  found: AsyncIterable<FacesOfItem<PhotoInput>>,
): Promise<Enrolment> {
  if (!name.trim()) throw new FacewrightError({ what: 'Enrolling a person requires a name.' });
  const embeddings: Float32Array[] = [];
  const skipped: { photo: number; reason: string }[] = [];
  let photo = 0;
  for await (const each of found) {
    const { item, error = each.faces.length ? undefined : noFace(item) } = each;
    if (error) skipped.push({ photo, reason: error.what });
    else embeddings.push(each.faces[0].embedding);
    photo++;
  }
  if (!embeddings.length)
    throw new FacewrightError({
      what: `None of the ${photos.length} photos of "${name}" can be used${skipped[0] ? `: ${skipped[0].reason}` : '.'}`,
      todo: 'Use photos that show the person’s face.',
    });
  gallery.add(name, embeddings);
  return { name, added: embeddings.length, skipped };
}

const chosen = (card: ModelCard, { threshold, falseAcceptRate }: ThresholdOptions): Threshold =>
  threshold === undefined ? thresholdFor(card, falseAcceptRate) : { threshold };

function sized(vector: Float32Array, { embeddingSize }: ModelCard): Float32Array {
  if (vector.length === embeddingSize) return vector;
  throw new RangeError(`an embedding of this model has ${embeddingSize} numbers, got ${vector.length}`);
}

async function readGallery(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof FacewrightError) throw cause;
    throw new FacewrightError({
      what: (cause as { code?: string }).code === 'ENOENT' ? 'There is no gallery here.' : 'Cannot read the gallery.',
      where: path,
      todo: 'Give the path of a file saved by a recogniser.',
      cause,
    });
  }
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
