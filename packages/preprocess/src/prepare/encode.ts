/** Encodes prepared images. */
import { releaseArray } from '@facewright/core';
import { encodeImage, openJpegEncoder } from '@facewright/platform/node';
import type { Outcome } from './photo.js';
import type { EncodedImage, EncodedOutcome, Encoding } from './workers.js';

/** Frees the pixels of the outcome. */
export type EncodeOutcome = (outcome: Outcome) => Promise<EncodedOutcome>;

/** The encoder on this machine: recorded, and the same in every thread. */
export async function encodingFor(format: 'jpeg' | 'png'): Promise<Encoding> {
  return format === 'png' ? { format } : { format, encoder: (await openJpegEncoder()).name };
}

export async function outcomeEncoder({ format, encoder }: Encoding): Promise<EncodeOutcome> {
  const jpeg = format === 'jpeg' ? await openJpegEncoder(encoder) : undefined;
  return async (outcome) => {
    if ('exclusion' in outcome) return outcome;
    const images: EncodedImage[] = [];
    for (const { sample, image } of outcome.images)
      images.push({ sample, bytes: jpeg ? await jpeg.encode(image) : await encodeImage(image, 'png') });
    for (const { image } of outcome.images) releaseArray(image.data);
    return { images };
  };
}
