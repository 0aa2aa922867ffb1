/** One photo of a drawn person: the drawing, then what the light and the camera make of it. */
import type { Landmarks, Random } from '@facewright/core';
import sharp from 'sharp';
import type { Conditions } from './conditions.js';
import { drawFeatures, placeLandmarks } from './draw-features.js';
import { definitions, drawBackground, drawEars, drawFaceShape, drawHairBehind, drawHairFront, drawLight, drawShoulders } from './draw-head.js';
import { viewHead } from './geometry.js';
import type { Person } from './person.js';

export interface DrawnPhoto {
  readonly jpeg: Uint8Array;
  /** Exact, in pixels of the photo. */
  readonly landmarks: Landmarks;
}

export function drawSvg(person: Person, conditions: Conditions): { svg: string; landmarks: Landmarks } {
  const view = viewHead(person, conditions.pose);
  const { width, height, tousle } = conditions;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${definitions(person, conditions)}${drawBackground(conditions)}<g transform="${view.toPhoto}">
${drawHairBehind(person, view, tousle)}${drawShoulders(person, conditions, view)}${drawEars(person, view)}${drawFaceShape(person, view)}
${drawFeatures(person, conditions, view)}${drawLight(person, view)}${drawHairFront(person, view, tousle)}</g></svg>`;
  return { svg, landmarks: placeLandmarks(person, conditions.expression, view) };
}

/** The same bytes for the same arguments; `random` gives the noise. */
export async function drawPhoto(person: Person, conditions: Conditions, random: Random): Promise<DrawnPhoto> {
  const { svg, landmarks } = drawSvg(person, conditions);
  const { camera, light, width, height } = conditions;
  const pixels = await sharp(Buffer.from(svg)).flatten({ background: '#000' }).blur(camera.blur).raw().toBuffer();
  expose(pixels, light, camera.noise, random);
  const jpeg = await sharp(pixels, { raw: { width, height, channels: 3 } }).jpeg({ quality: camera.quality }).toBuffer();
  return { jpeg, landmarks };
}

/** Gain and gamma, then noise that is the same in all channels but for a third of it. */
function expose(pixels: Uint8Array, { gain, gamma }: Conditions['light'], noise: number, random: Random): void {
  const curves = gain.map((factor) => Float32Array.from({ length: 256 }, (_, v) => 255 * Math.pow(Math.min((v / 255) * factor, 1.2), gamma)));
  // a sum of two uniform draws: near enough to normal, and far cheaper
  const draw = (sd: number): number => (random.uniform() + random.uniform() - 1) * sd * Math.sqrt(6);
  for (let i = 0; i < pixels.length; i += 3) {
    const grey = draw(noise);
    for (let c = 0; c < 3; c++) pixels[i + c] = Math.min(Math.max(Math.round(curves[c][pixels[i + c]] + grey + draw(noise / 3)), 0), 255);
  }
}
