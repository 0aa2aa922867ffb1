/** Processes one photo: bytes, pixels, faces, crops, augmented copies, encoded images. A failure at any step becomes an exclusion with a reason. */
import {
  describePlugin,
  FacewrightError,
  Interrupted,
  landmarkPoints,
  messageOf,
  pluginAtFault,
  releaseArray,
  type Aligner,
  type Detector,
  type Exclusion,
  type Face,
  type Landmarks,
  type Photo,
  type Random,
  type RgbImage,
  type Sample,
} from '@facewright/core';
import { decodeImage, ImageError, shortageOf, type DecodedImage, type DecodeLimits } from '@facewright/platform';
import { cropByBox } from '../align/box-crop.js';
import { alignInPhoto, faceInPhoto, photoSize } from '../align/in-photo.js';
import type { Stage, StageSeconds } from './stages.js';
import type { Tier } from './tiers.js';

/** Below this, no face is large enough to detect or to align recognisably. */
const MIN_SIDE = 12;

export type FacesPolicy = 'exactly-one' | 'largest' | 'all';
/**
 * A photo in which no face is found is dropped, as in the original project, or its centre is used, as in InsightFace.
 */
export type WithoutFacePolicy = 'leave-out' | 'centre';

/**
 * What is known about a photo before it is opened: a `Photo` without its bytes, so that it can be sent to another
 * thread.
 */
export type PhotoFacts = Pick<Photo, 'id' | 'identity' | 'landmarks' | 'aligned'>;

export interface PhotoTask {
  readonly photo: PhotoFacts;
  readonly bytes: Uint8Array;
  /** Index of the tier in the table. */
  readonly tier: number;
}

export interface PreparedImage {
  readonly sample: Sample;
  readonly image: RgbImage;
}
export type Outcome = { readonly images: readonly PreparedImage[] } | { readonly exclusion: Exclusion };

/** The parts that a photo passes through. */
export interface Processing {
  readonly aligner: Aligner;
  /** Called when the first photo needs it. */
  readonly detector: () => Promise<Detector | undefined>;
  readonly tiers: readonly Pick<Tier, 'augmenters'>[];
  readonly faces: FacesPolicy;
  readonly withoutFace: WithoutFacePolicy;
  readonly limits: DecodeLimits;
  readonly random: Random;
}

interface AlignedFace {
  readonly image: RgbImage;
  readonly landmarks?: Landmarks;
}

/** An excluded photo, with the reason. */
export const excluded = (
  { id, identity }: PhotoFacts,
  reason: Exclusion['reason'],
  detail?: string,
): { readonly exclusion: Exclusion } => ({
  exclusion: { photo: id, identity, reason, ...(detail === undefined ? {} : { detail }) },
});

export function unreadable(photo: PhotoFacts, error: unknown): { readonly exclusion: Exclusion } {
  const shortage = shortageOf(error);
  if (shortage) throw shortage;
  return excluded(
    photo,
    error instanceof ImageError ? error.reason : 'unreadable',
    error instanceof FacewrightError ? error.what : messageOf(error),
  );
}

/** Whether faces have to be detected in a photo. */
export const needsDetector = ({ landmarks, aligned }: PhotoFacts): boolean => !landmarks && !aligned;

/** All images from a photo, and the time each stage took. Rejects only on interruption. */
export async function processPhoto(
  { photo, bytes, tier }: PhotoTask,
  processing: Processing,
): Promise<{ outcome: Outcome; seconds: StageSeconds }> {
  const seconds: Partial<Record<Stage, number>> = {};
  const timed = async <T>(stage: Stage, work: () => Promise<T> | T): Promise<T> => {
    const start = performance.now();
    try {
      return await work();
    } finally {
      seconds[stage] = (seconds[stage] ?? 0) + (performance.now() - start) / 1000;
    }
  };
  const outcome = await (async (): Promise<Outcome> => {
    let image: DecodedImage;
    try {
      image = await timed('decode', () => decodeImage(bytes, { ...processing.limits, where: photo.id, reduce: true }));
    } catch (error) {
      return unreadable(photo, error);
    }
    if (!photo.aligned && Math.min(image.width, image.height) < MIN_SIDE)
      return excluded(photo, 'too-small', `${image.width} × ${image.height} pixels`);
    const faces = await facesOf(photo, image, processing, timed);
    const made: Outcome =
      'exclusion' in faces
        ? faces
        : { images: await timed('augment', () => copies(photo, faces, processing.tiers[tier], processing.random)) };
    if (!('images' in made && made.images.some((each) => each.image.data.buffer === image.data.buffer)))
      releaseArray(image.data);
    return made;
  })();
  return { outcome, seconds };
}

/** The aligned faces of a decoded photo that the policy keeps. */
async function facesOf(
  photo: PhotoFacts,
  image: DecodedImage,
  { aligner, detector, faces: policy, withoutFace }: Processing,
  timed: <T>(stage: Stage, work: () => Promise<T> | T) => Promise<T>,
): Promise<readonly AlignedFace[] | { exclusion: Exclusion }> {
  const { size } = aligner;
  if (photo.aligned) {
    if (image.width !== size || image.height !== size)
      return excluded(photo, 'wrong-size', `${image.width} × ${image.height} pixels, not ${size} × ${size}`);
    return [{ image }];
  }
  if (photo.landmarks) {
    const { width, height } = photoSize(image);
    if (!landmarkPoints(photo.landmarks).some(([x, y]) => x >= 0 && y >= 0 && x < width && y < height)) {
      return excluded(
        photo,
        'bad-landmarks',
        `none of the five landmarks is inside the image of ${width} × ${height} pixels`,
      );
    }
    const given = photo.landmarks;
    return timed('align', () => aligned(photo, image, [given], aligner));
  }
  const finder = await detector();
  if (!finder)
    return excluded(photo, 'no-landmarks', 'there is no detector, and the dataset has no landmarks for this photo');
  let found: Face[];
  try {
    found = await inTurn(finder, () => timed('detect', () => finder.detect(image)));
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    return excluded(photo, 'detection-failed', reasonOf(error));
  }
  if (found.length === 0)
    return withoutFace === 'centre'
      ? timed('align', () => [{ image: cropByBox(image, size) }])
      : excluded(photo, 'no-face');
  if (found.length > 1 && policy === 'exactly-one') return excluded(photo, 'several-faces', `${found.length} faces`);
  const area = ({ box }: Face): number => box.width * box.height;
  const chosen = policy === 'largest' ? [found.reduce((best, face) => (area(face) > area(best) ? face : best))] : found;
  return timed('align', () =>
    aligned(
      photo,
      image,
      chosen.map((face) => faceInPhoto(image, face).landmarks),
      aligner,
    ),
  );
}

/** A one-line reason; names the plugin if it is at fault. */
function reasonOf(error: unknown): string {
  if (error instanceof FacewrightError) return error.what;
  const plugin = pluginAtFault(error);
  return plugin ? `${describePlugin(plugin)}: ${messageOf(error)}` : messageOf(error);
}

const busy = new WeakMap<Detector, Promise<unknown>>();

/** Calls a detector for one photo at a time, because it may not support more. */
function inTurn<T>(detector: Detector, work: () => Promise<T>): Promise<T> {
  const done = (busy.get(detector) ?? Promise.resolve()).then(work);
  busy.set(
    detector,
    done.catch(() => undefined),
  );
  return done;
}

/** Landmarks in pixels of the whole photo. */
async function aligned(
  photo: PhotoFacts,
  image: DecodedImage,
  landmarks: readonly Landmarks[],
  aligner: Aligner,
): Promise<readonly AlignedFace[] | { exclusion: Exclusion }> {
  try {
    const faces: AlignedFace[] = [];
    for (const points of landmarks)
      faces.push({ image: await alignInPhoto(aligner, image, points), landmarks: points });
    return faces;
  } catch (error) {
    return excluded(photo, error instanceof FacewrightError ? 'bad-landmarks' : 'alignment-failed', reasonOf(error));
  }
}

/** Each face, followed by one image per augmenter. */
function copies(
  { id: source, identity }: PhotoFacts,
  faces: readonly AlignedFace[],
  { augmenters }: Pick<Tier, 'augmenters'>,
  random: Random,
): PreparedImage[] {
  return faces.flatMap(({ image, landmarks }, index) => {
    const sample = { identity, source, ...(landmarks && { landmarks }) };
    const augmented = augmenters.map(({ name, augmenter }): PreparedImage => {
      const stream = random.fork(identity, source, name);
      return {
        sample: { ...sample, kind: name },
        image: augmenter.augment(image, index === 0 ? stream : stream.fork(index)),
      };
    });
    return [{ sample: { ...sample, kind: 'original' }, image }, ...augmented];
  });
}
