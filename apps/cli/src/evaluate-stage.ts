/** How well a model tells people apart: on pairs drawn from a dataset, or on a pairs file and its images. */
import { throwIfAborted, type Aligner, type Dataset, type Detector, type Emit, type Face, type Random, type RgbImage, type Verification } from '@facewright/core';
import { decodeImage } from '@facewright/core/node';
import type { ImageSource, PairsFile } from '@facewright/datasets';
import { cosineSimilarity, drawPairs, verify, type Embedder } from '@facewright/training';

const BATCH = 32;
const FOLDS = 10;

interface Reporting {
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

/** On pairs of original images of these people; `undefined` with a notice where they give fewer than two pairs of each kind. */
export async function evaluateDrawn(embedder: Embedder, dataset: Dataset, identities: readonly string[], count: number, random: Random, { emit, signal }: Reporting): Promise<Verification | undefined> {
  const pairs = drawPairs(dataset, identities, count, random, FOLDS);
  const folds = Math.min(FOLDS, pairs.length / 2);
  if (folds < 2) {
    emit('notice', { level: 'warning', message: `The ${identities.length} people kept out of training have too few photos for pairs, so the model is not verified on them.`, todo: 'Keep more people out ("heldOut"), or give more photos.' });
    return undefined;
  }
  const images = [...new Set(pairs.flatMap(({ a, b }) => [a, b]))];
  const vectors = await embedAll(images, (index) => dataset.read(index), embedder, { emit, signal });
  return verify(pairs.map(({ a, b }) => cosineSimilarity(vectors.get(a)!, vectors.get(b)!)), pairs.map(({ same }) => same), { folds: pairs.map(({ fold }) => fold) });
}

export interface PairsOptions extends Reporting {
  readonly images: ImageSource;
  /** Side of aligned images in pixels. */
  readonly size: number;
  /** `true`: the images are aligned; `false`: they are photos; `undefined`: those of the aligned size are aligned, others photos. */
  readonly aligned?: boolean;
  /** Asked for when the first photo that is not aligned comes. */
  align(): Promise<{ detector: Detector; aligner: Aligner }>;
}

export interface PairsResult {
  readonly verification: Verification;
  /** Images that could not be used, and why; their pairs are left out. */
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
  readonly images: number;
}

export async function evaluatePairs(embedder: Embedder, { pairs }: PairsFile, options: PairsOptions): Promise<PairsResult> {
  const skipped: { path: string; reason: string }[] = [];
  const read = async (path: string): Promise<RgbImage | undefined> => {
    try {
      return await alignedImage(path, options);
    } catch (error) {
      throwIfAborted(options.signal, 'evaluation');
      if (!(error instanceof Unusable) && !isFileProblem(error)) throw error;
      skipped.push({ path, reason: error instanceof Unusable ? error.message : (error as { what: string }).what });
      return undefined;
    }
  };
  const paths = [...new Set(pairs.flatMap(({ a, b }) => [a, b]))];
  const vectors = await embedAll(paths, read, embedder, options);
  const whole = pairs.filter(({ a, b }) => vectors.has(a) && vectors.has(b));
  const verification = verify(
    whole.map(({ a, b }) => cosineSimilarity(vectors.get(a)!, vectors.get(b)!)),
    whole.map(({ same }) => same),
    // a plain list has no folds of its own: ten of successive pairs, each kind spread over all of them
    { folds: new Set(pairs.map(({ fold }) => fold)).size > 1 ? whole.map(({ fold }) => fold) : spread(whole), skipped: pairs.length - whole.length },
  );
  return { verification, skipped, images: vectors.size };
}

class Unusable extends Error {}

/** Errors about one image, thrown by the image source and the decoder. */
const isFileProblem = (error: unknown): boolean => error instanceof Error && 'what' in error && error.name !== 'Interrupted' && error.name !== 'MtcnnUnavailable';

async function alignedImage(path: string, { images, size, aligned, align }: PairsOptions): Promise<RgbImage> {
  const image = await decodeImage(await images.bytes(path), { where: path });
  const fits = image.width === size && image.height === size;
  if (fits && aligned !== false) return image;
  if (aligned) throw new Unusable(`${image.width}×${image.height} pixels instead of ${size}×${size}`);
  const { detector, aligner } = await align();
  const face = centralFace(await detector.detect(image), image);
  if (!face) throw new Unusable('no face found');
  return aligner.align(image, face.landmarks);
}

/** The large face near the middle: area less twice the squared distance from it, as facenet's `align_dataset_mtcnn.py` chooses. */
export function centralFace(faces: readonly Face[], { width, height }: Pick<RgbImage, 'width' | 'height'>): Face | undefined {
  const merit = ({ box }: Face): number => box.width * box.height - 2 * ((box.x + box.width / 2 - width / 2) ** 2 + (box.y + box.height / 2 - height / 2) ** 2);
  return faces.reduce<Face | undefined>((best, face) => (best && merit(best) >= merit(face) ? best : face), undefined);
}

/** Each kind dealt out over the folds in turn. */
function spread(pairs: readonly { readonly same: boolean }[]): number[] {
  const dealt = { true: 0, false: 0 };
  const folds = Math.min(FOLDS, Math.floor(pairs.length / 2));
  return pairs.map(({ same }) => dealt[`${same}`]++ % Math.max(1, folds));
}

async function embedAll<Key>(keys: readonly Key[], read: (key: Key) => Promise<RgbImage | undefined>, embedder: Embedder, { emit, signal }: Reporting): Promise<Map<Key, Float32Array>> {
  const vectors = new Map<Key, Float32Array>();
  for (let first = 0; first < keys.length; first += BATCH) {
    throwIfAborted(signal, 'evaluation');
    const part = keys.slice(first, first + BATCH);
    const images: { key: Key; image: RgbImage }[] = [];
    for (const key of part) {
      const image = await read(key);
      if (image) images.push({ key, image });
    }
    const embedded = await embedder.embed(images.map(({ image }) => image));
    images.forEach(({ key }, index) => vectors.set(key, embedded[index]));
    emit('progress', { task: 'evaluate', done: first + part.length, total: keys.length, unit: 'images' });
  }
  return vectors;
}
