/** Summarises a dataset while opening only a few of its images. */
import { throwIfAborted } from '@facewright/core';
import { openCollection, type StoredImage, type ToolOptions } from './collection.js';
import type { FormatName } from './recognise.js';

export interface DatasetInfo {
  readonly format: FormatName;
  readonly path: string;
  /** `undefined` for a verification set. */
  readonly people?: number;
  readonly images: number;
  readonly imagesPerPerson?: { readonly least: number; readonly median: number; readonly most: number };
  /** Images by kind: `original`, or the augmenter's name. */
  readonly kinds: Readonly<Record<string, number>>;
  /** Images that come with five landmarks. */
  readonly withLandmarks: number;
  /** Images known to be unusable, by reason. */
  readonly excluded: Readonly<Record<string, number>>;
  /**
   * Of a few images from all over the set: how many have each "format width×height". Damaged ones count as `damaged`.
   */
  readonly looks: Readonly<Record<string, number>>;
  /** For a verification set. */
  readonly pairs?: { readonly same: number; readonly different: number };
  /** For a prepared dataset: how it was aligned. */
  readonly alignment?: { readonly fingerprint: string; readonly size: number };
  /** For one part of a divided preparation. */
  readonly part?: { readonly number: number; readonly of: number };
}

const LOOKED_AT = 50;

/** Throws a `FacewrightError` if there is nothing readable. */
export async function datasetInfo(path: string, options: ToolOptions = {}): Promise<DatasetInfo> {
  const found = await openCollection(path, options);
  if (found.format === 'insightface-bin') {
    const same = found.pairs.filter((pair) => pair.same).length;
    const images = [...found.images.values()];
    return {
      format: found.format,
      path: found.path,
      images: images.length,
      kinds: { original: images.length },
      withLandmarks: 0,
      excluded: {},
      looks: await looksOf(images.map((bytes) => async () => bytes)),
      pairs: { same, different: found.pairs.length - same },
    };
  }
  try {
    const counts: number[] = [];
    const kinds: Record<string, number> = {};
    const excluded: Record<string, number> = {};
    const some: StoredImage[] = [];
    let withLandmarks = 0;
    let seen = 0;
    for await (const { images } of found.people()) {
      throwIfAborted(options.signal, found.path);
      counts.push(images.length);
      for (const image of images) {
        kinds[image.kind] = (kinds[image.kind] ?? 0) + 1;
        if (image.landmarks) withLandmarks++;
        if (image.excluded) excluded[image.excluded.reason] = (excluded[image.excluded.reason] ?? 0) + 1;
        else if (++seen % 97 === 1 || some.length < LOOKED_AT) some.push(image);
      }
    }
    counts.sort((a, b) => a - b);
    return {
      format: found.format,
      path: found.path,
      people: counts.length,
      images: counts.reduce((sum, count) => sum + count, 0),
      ...(counts.length > 0 && {
        imagesPerPerson: {
          least: counts[0],
          median: counts[Math.floor(counts.length / 2)],
          most: counts[counts.length - 1],
        },
      }),
      kinds,
      withLandmarks,
      excluded,
      looks: await looksOf(some.map(({ bytes }) => bytes)),
      ...(found.summary && {
        alignment: { fingerprint: found.summary.alignment.fingerprint, size: found.summary.alignment.size },
      }),
      ...(found.summary?.part && { part: { number: found.summary.part.number, of: found.summary.part.of } }),
    };
  } finally {
    await found.close();
  }
}

async function looksOf(images: readonly (() => Promise<Uint8Array>)[]): Promise<Record<string, number>> {
  const { default: sharp } = await import('sharp');
  const looks: Record<string, number> = {};
  const step = Math.max(1, Math.floor(images.length / LOOKED_AT));
  for (let index = 0; index < images.length; index += step) {
    const look = await images[index]()
      .then((bytes) => sharp(bytes).metadata())
      .then(
        ({ format, width, height }) => `${format} ${width}×${height}`,
        () => 'damaged',
      );
    looks[look] = (looks[look] ?? 0) + 1;
  }
  return looks;
}
