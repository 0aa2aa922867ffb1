/** One photo of a drawn person: the drawing, then the effects of light and camera. */
import type { Landmarks, Random } from '@facewright/core';
import type { Conditions } from './conditions.js';
import { drawSvg, expose } from './drawing.js';
import type { Person } from './person.js';

export interface DrawnPhoto {
  readonly jpeg: Uint8Array;
  /** Exact, in pixels of the photo. */
  readonly landmarks: Landmarks;
}

/** The same arguments give the same bytes. `random` provides the noise. */
export async function drawPhoto(person: Person, conditions: Conditions, random: Random): Promise<DrawnPhoto> {
  const { default: sharp } = await import('sharp');
  const { svg, landmarks } = drawSvg(person, conditions);
  const { camera, light, width, height } = conditions;
  const pixels = await sharp(Buffer.from(svg)).flatten({ background: '#000' }).blur(camera.blur).raw().toBuffer();
  expose(pixels, light, camera.noise, random);
  const jpeg = await sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: camera.quality })
    .toBuffer();
  return { jpeg, landmarks };
}
