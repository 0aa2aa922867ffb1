/** Thumbnails of a few excluded photos for each reason, to check at a glance whether it was right. */
import { dirname } from 'node:path';
import { stat } from 'node:fs/promises';
import type { Exclusion } from '@facewright/core';
import { openImages, type ImageSource } from '@facewright/datasets';
import type { DroppedPicture } from '@facewright/report';

const EACH = 4;
const TRIES = 20;
/** Side in pixels: twice the displayed size, for high-density screens. */
const SIDE = 140;
const MOST_PIXELS = 100_000_000;

/**
 * `data` is what was prepared: a folder, a zip file, or a list next to its photos. Photos that cannot be shown, such as
 * files that are not images, are skipped.
 */
export async function pickDropped(
  exclusions: AsyncIterable<Exclusion>,
  data: string | undefined,
): Promise<DroppedPicture[]> {
  if (data === undefined) return [];
  const images = await openPhotos(data);
  if (!images) return [];
  try {
    const counts = new Map<string, { tried: number; shown: number }>();
    const pictures: DroppedPicture[] = [];
    for await (const { photo, reason } of exclusions) {
      const count = counts.get(reason) ?? { tried: 0, shown: 0 };
      counts.set(reason, count);
      if (count.shown === EACH || count.tried === TRIES) continue;
      count.tried++;
      const bytes =
        images.has(photo) &&
        (await images
          .bytes(photo)
          .then(small)
          .catch(() => undefined));
      if (!bytes) continue;
      pictures.push({ photo, reason, bytes, type: 'image/jpeg' });
      count.shown++;
    }
    return pictures;
  } finally {
    images.close();
  }
}

/** `undefined` if the photos are not in a folder or zip file. */
async function openPhotos(data: string): Promise<ImageSource | undefined> {
  const isFolder = await stat(data).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder && /\.(rec|tar|bin)$/i.test(data)) return undefined;
  const holdsPhotos = isFolder || /\.zip$/i.test(data);
  return openImages(holdsPhotos ? data : dirname(data)).catch(() => undefined);
}

async function small(bytes: Uint8Array): Promise<Buffer> {
  const { default: sharp } = await import('sharp');
  return sharp(bytes, { limitInputPixels: MOST_PIXELS })
    .autoOrient()
    .resize(SIDE, SIDE, { fit: 'cover' })
    .flatten()
    .jpeg({ quality: 80 })
    .toBuffer();
}
