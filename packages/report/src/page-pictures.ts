/**
 * Recovers a report's pictures from its page. A `<template>` describes them as JSON; their bytes are in the images the
 * page shows, so no picture is in the file twice.
 */
import { z } from 'zod';
import type { Html } from './html.js';
import type { Picture, Pictures } from './pictures.js';
import { templateOf, templateText } from './template.js';

const NAME = 'facewright-pictures';
const described = z.object({
  pairs: z.array(z.object({ same: z.boolean(), score: z.number(), wrong: z.boolean(), names: z.array(z.string()) })),
  dropped: z.array(z.object({ photo: z.string(), reason: z.string() })),
  crops: z.array(z.object({ identity: z.string(), caption: z.string() })),
});

/** The key that identifies a picture: `pair-3-1`, `crop-0`. */
export const pictureKey = (kind: 'pair' | 'crop' | 'dropped', ...numbers: readonly number[]): string =>
  [kind, ...numbers].join('-');

/** The element that describes the page's pictures. */
export function pictureData({ pairs = [], dropped = [], crops = [] }: Pictures): Html {
  const data: z.infer<typeof described> = {
    pairs: pairs.map(({ same, score, wrong, images }) => ({
      same,
      score,
      wrong,
      names: images.map(({ name }) => name),
    })),
    dropped: dropped.map(({ photo, reason }) => ({ photo, reason })),
    crops: crops.map(({ identity, caption }) => ({ identity, caption })),
  };
  return templateOf(NAME, JSON.stringify(data));
}

/** The pictures in a report's HTML; none if it is not a report, or from a version that did not describe them. */
export function picturesOfPage(page: string): Pictures {
  const text = templateText(NAME, page);
  const data = text === undefined ? undefined : described.safeParse(parsed(text)).data;
  if (!data) return {};
  const images = imagesOf(page);
  const at = (...key: Parameters<typeof pictureKey>): Picture[] => {
    const image = images.get(pictureKey(...key));
    return image ? [image] : [];
  };
  return {
    pairs: data.pairs.flatMap(({ names, ...pair }, index) => {
      const shown = names.flatMap((name, which) => at('pair', index, which).map((image) => ({ ...image, name })));
      return shown.length ? [{ ...pair, images: shown }] : [];
    }),
    dropped: data.dropped.flatMap((photo, index) => at('dropped', index).map((image) => ({ ...photo, ...image }))),
    crops: data.crops.flatMap((crop, index) => at('crop', index).map((image) => ({ ...crop, ...image }))),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function imagesOf(page: string): Map<string, Picture> {
  const found = new Map<string, Picture>();
  const image =
    /<img\s+data-picture="((?:pair|crop|dropped)-[\d-]+)"\s+src="data:(image\/(?:jpeg|png));base64,([A-Za-z0-9+/=]*)"/g;
  for (const [, key, type, base64] of page.matchAll(image))
    found.set(key, {
      type: type as Picture['type'],
      bytes: Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)),
    });
  return found;
}
