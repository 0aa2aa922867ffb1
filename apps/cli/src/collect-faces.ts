/** Every photo in a set of people, with its embedding and measures of its pixels. */
import { FacewrightError, throwIfAborted, type Landmarks, type RgbImage } from '@facewright/core';
import { openCollection, openDataset } from '@facewright/datasets';
import { createSha256 } from '@facewright/platform';
import { decodeImage } from '@facewright/platform/node';
import { lookAt, type FacePhoto } from '@facewright/quality';
import { checkAlignment } from '@facewright/training';
import { reasonOf, type OpenRecogniser } from './open-recogniser.js';

export interface CollectedPhoto extends FacePhoto {
  /** Its path in the data. */
  readonly source: string;
  /** The aligned face, computed again. */
  crop(): Promise<RgbImage>;
}

export interface CollectedFaces {
  readonly photos: readonly CollectedPhoto[];
  readonly unusable: readonly { readonly photo: string; readonly person: string; readonly reason: string }[];
}

/**
 * Only original photos, not augmented copies. Throws a `FacewrightError` if there are none, or if their alignment is
 * not the model's.
 */
export async function collectFaces(
  path: string,
  { recogniser, config, events }: OpenRecogniser,
  signal: AbortSignal,
): Promise<CollectedFaces> {
  const landmarks = await landmarksOf(path, recogniser.card);
  const photos: CollectedPhoto[] = [];
  const unusable: { photo: string; person: string; reason: string }[] = [];
  const found = await openCollection(path, { emit: events.emit, signal });
  if (found.format === 'insightface-bin')
    throw new FacewrightError({ what: 'This is a verification set: it contains pairs, not people.', where: path });
  const open = async (bytes: Uint8Array, where: string) => {
    const image = await decodeImage(bytes, { ...config.limits, where, reduce: true });
    const [face] = await recogniser.faces(image, { central: true });
    if (!face) throw new FacewrightError({ what: 'No face was found in the photo.' });
    return face;
  };
  for await (const { name: person, images } of found.people()) {
    for (const { source, kind, bytes, excluded } of images) {
      throwIfAborted(signal, path);
      if (kind !== 'original') continue;
      const look = async (): Promise<CollectedPhoto> => {
        if (excluded) throw new FacewrightError({ what: excluded.detail });
        const content = await bytes();
        const { crop, embedding, embeddingLength, face } = await open(content, source);
        const points = landmarks.get(source) ?? face?.landmarks;
        const sha256 = createSha256().update(content).hex();
        return {
          source,
          person,
          embedding,
          embeddingLength,
          sha256,
          ...lookAt(crop),
          ...(points && { landmarks: points }),
          crop: async () => (await open(await bytes(), source)).crop,
        };
      };
      const photo = await look().catch(reasonOf);
      if (typeof photo === 'string') unusable.push({ photo: source, person, reason: photo });
      else photos.push(photo);
      events.emit('progress', { task: 'embed', done: photos.length + unusable.length, unit: 'photos' });
    }
  }
  if (photos.length) return { photos, unusable };
  throw new FacewrightError({ what: 'None of the photos can be used.', where: path, todo: unusable[0]?.reason });
}

/** For a prepared dataset: the landmarks in the source photos of its crops. */
async function landmarksOf(path: string, card: OpenRecogniser['recogniser']['card']): Promise<Map<string, Landmarks>> {
  const dataset = await openDataset(path).catch(() => undefined);
  if (!dataset) return new Map();
  try {
    checkAlignment(card, dataset.summary.alignment, dataset.directory);
    const found = new Map<string, Landmarks>();
    for (let index = 0; index < dataset.length; index++) {
      const landmarks = dataset.landmarksOf(index);
      if (landmarks) found.set(dataset.sourceOf(index), landmarks);
    }
    return found;
  } finally {
    await dataset.close();
  }
}
