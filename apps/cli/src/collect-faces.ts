/** Every photo in a set of people, with its embedding and measures of its pixels. */
import { FacewrightError, throwIfAborted, type Landmarks, type RgbImage } from '@facewright/core';
import { openCollection, openDataset, type Collection, type StoredImage } from '@facewright/datasets';
import { createSha256 } from '@facewright/platform';
import { lookAt, type FacePhoto } from '@facewright/quality';
import { checkAlignment } from '@facewright/training';
import type { OpenRecogniser } from './open-recogniser.js';

export interface CollectedPhoto extends FacePhoto {
  /** Its path in the data. */
  readonly source: string;
  /** The aligned face, computed again. */
  crop(): Promise<RgbImage>;
}

export interface CollectedFaces {
  readonly photos: readonly CollectedPhoto[];
  readonly unusable: readonly { readonly photo: string; readonly person: string; readonly reason: string }[];
  /** Closes the data; no `crop` can be computed any more. */
  close(): Promise<void>;
}

/**
 * Only original photos, not augmented copies. Throws a `FacewrightError` if there are none, or if their alignment is
 * not the model's.
 */
export async function collectFaces(
  path: string,
  { recogniser, events }: OpenRecogniser,
  signal: AbortSignal,
): Promise<CollectedFaces> {
  const found = await openCollection(path, { emit: events.emit, signal });
  if (found.format === 'insightface-bin')
    throw new FacewrightError({ what: 'This is a verification set: it contains pairs, not people.', where: path });
  try {
    const landmarks = await landmarksOf(path, recogniser.card);
    const photos: CollectedPhoto[] = [];
    const unusable: { photo: string; person: string; reason: string }[] = [];
    for await (const { item, faces, error } of recogniser.facesOfAll(originalsOf(found), open, { central: true })) {
      throwIfAborted(signal, path);
      const { person, image, sha256 } = item;
      const { source } = image;
      if (!faces.length)
        unusable.push({ photo: source, person, reason: error?.what ?? 'No face was found in the photo.' });
      for (const { crop, embedding, embeddingLength, face } of faces) {
        const points = landmarks.get(source) ?? face?.landmarks;
        photos.push({
          source,
          person,
          embedding,
          embeddingLength,
          sha256: sha256!,
          ...lookAt(crop),
          ...(points && { landmarks: points }),
          crop: async () => (await recogniser.faces(await image.bytes(), { central: true }))[0].crop,
        });
      }
      events.emit('progress', { task: 'embed', done: photos.length + unusable.length, unit: 'photos' });
    }
    if (photos.length) return { photos, unusable, close: () => found.close() };
    throw new FacewrightError({ what: 'None of the photos can be used.', where: path, todo: unusable[0]?.reason });
  } catch (error) {
    await found.close();
    throw error;
  }
}

interface StoredPhoto {
  readonly person: string;
  readonly image: StoredImage;
  /** Of the file; known once it was opened. */
  sha256?: string;
}

async function* originalsOf({ people }: Pick<Collection, 'people'>): AsyncGenerator<StoredPhoto> {
  for await (const { name: person, images } of people())
    for (const image of images) if (image.kind === 'original') yield { person, image };
}

async function open(photo: StoredPhoto): Promise<Uint8Array> {
  const { excluded, bytes } = photo.image;
  if (excluded) throw new FacewrightError({ what: excluded.detail });
  const content = await bytes();
  photo.sha256 = createSha256().update(content).hex();
  return content;
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
