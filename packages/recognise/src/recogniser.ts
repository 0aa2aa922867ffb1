/**
 * A recogniser built from given parts: finds and aligns the faces in photos, embeds them, and identifies people by
 * their embeddings.
 */
import { FacewrightError, type Engine, type Model } from '@facewright/core';
import { readFile, writeFileAtomic } from '@facewright/platform';
import {
  checkAlignment,
  cosineSimilarity,
  createEmbedder,
  type ModelCard,
  type ModelFiles,
} from '@facewright/training';
import {
  faceReader,
  type EmbeddedFace,
  type FaceOptions,
  type FaceParts,
  type FaceReader,
  type FacesOfItem,
  type PhotoInput,
} from './faces.js';
import { Gallery, type Candidate } from './gallery.js';
import { modelIdentity } from './model-identity.js';
import { thresholdFor, usualThreshold, type Threshold } from './thresholds.js';

export interface Comparison {
  /** Cosine similarity in [−1, 1]. */
  readonly similarity: number;
  /** Whether it reaches the threshold; `null` without one. */
  readonly same: boolean | null;
  readonly threshold: Threshold | null;
}

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

export interface Recogniser extends FaceReader {
  readonly card: ModelCard;
  /** SHA-256 of the model in hexadecimal; galleries are checked against it. */
  readonly identity: string;
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

export interface RecogniserParts extends FaceParts {
  readonly files: ModelFiles;
  readonly model: Model;
  readonly engine: Engine;
  /** Called by `dispose` after the recogniser has released its own resources. */
  dispose?(): Promise<void>;
}

/** Throws a `FacewrightError` if the aligner is not the one the model was trained with. */
export function recogniserFrom(parts: RecogniserParts): Recogniser {
  const { files, model, engine, aligner } = parts;
  const { card } = files;
  checkAlignment(card, aligner, 'the aligner of the recogniser');
  const embedder = createEmbedder({ engine, model, params: files.params, statistics: files.statistics });
  const identity = modelIdentity(files);
  const gallery = new Gallery({ identity, embeddingSize: card.embeddingSize });
  const { faces, facesOfAll } = faceReader(parts, embedder);

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
      enrol(
        gallery,
        name,
        facesOfAll(photos, (photo) => photo, { ...options, central: true }),
      ),
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

const noFace = (photo: PhotoInput): FacewrightError =>
  new FacewrightError({
    what: 'No face was found in the photo.',
    where: typeof photo === 'string' ? photo : undefined,
    todo: 'Use a photo with a face that looks roughly at the camera.',
  });

async function enrol(
  gallery: Gallery,
  name: string,
  found: AsyncIterable<FacesOfItem<PhotoInput>>,
): Promise<Enrolment> {
  if (!name.trim()) throw new FacewrightError({ what: 'Enrolling a person requires a name.' });
  const embeddings: Float32Array[] = [];
  const skipped: { photo: number; reason: string }[] = [];
  let photo = 0;
  for await (const {
    item,
    faces: [face],
    error = noFace(item),
  } of found) {
    if (face) embeddings.push(face.embedding);
    else skipped.push({ photo, reason: error.what });
    photo++;
  }
  if (!embeddings.length)
    throw new FacewrightError({
      what: `None of the photos of "${name}" can be used${skipped[0] ? `: ${skipped[0].reason}` : '.'}`,
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
