/** Photos of drawn people in memory, for checks that want faces and have none. */
import type { Landmarks } from '@facewright/core';
import { drawPhoto } from './photo.js';
import { planSample } from './plan.js';

/** One photo, an encoded JPEG, of each of `count` people, with its landmarks. The same seed gives the same bytes. */
export async function drawPeople(count: number, seed = 1): Promise<{ jpeg: Uint8Array; landmarks: Landmarks }[]> {
  const photos: { jpeg: Uint8Array; landmarks: Landmarks }[] = [];
  for (const { person, conditions, noise } of planSample(seed, new Array<number>(count).fill(1)))
    photos.push(await drawPhoto(person, conditions, noise));
  return photos;
}
