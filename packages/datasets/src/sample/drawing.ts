/** A drawn person as SVG, and the effects of light and camera on its pixels. Does not need Node. */
import type { Landmarks, Random } from '@facewright/core';
import type { Conditions } from './conditions.js';
import { drawFeatures, placeLandmarks } from './draw-features.js';
import {
  definitions,
  drawBackground,
  drawEars,
  drawFaceShape,
  drawHairBehind,
  drawHairFront,
  drawLight,
  drawShoulders,
} from './draw-head.js';
import { viewHead } from './geometry.js';
import type { Person } from './person.js';

/** `landmarks` are exact, in pixels of the photo. */
export function drawSvg(person: Person, conditions: Conditions): { svg: string; landmarks: Landmarks } {
  const view = viewHead(person, conditions.pose);
  const { width, height, tousle } = conditions;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${definitions(person, conditions)}${drawBackground(conditions)}<g transform="${view.toPhoto}">
${drawHairBehind(person, view, tousle)}${drawShoulders(person, conditions, view)}${drawEars(person, view)}${drawFaceShape(person, view)}
${drawFeatures(person, conditions, view)}${drawLight(person, view)}${drawHairFront(person, view, tousle)}</g></svg>`;
  return { svg, landmarks: placeLandmarks(person, conditions.expression, view) };
}

/** Modifies RGB bytes in place: gain and gamma, then noise, two thirds of which is shared by all channels. */
export function expose(pixels: Uint8Array, { gain, gamma }: Conditions['light'], noise: number, random: Random): void {
  const curves = gain.map((factor) =>
    Float32Array.from({ length: 256 }, (_, v) => 255 * Math.pow(Math.min((v / 255) * factor, 1.2), gamma)),
  );
  // a sum of two uniform draws is close enough to normal, and much cheaper
  const draw = (sd: number): number => (random.uniform() + random.uniform() - 1) * sd * Math.sqrt(6);
  for (let i = 0; i < pixels.length; i += 3) {
    const grey = draw(noise);
    for (let c = 0; c < 3; c++)
      pixels[i + c] = Math.min(Math.max(Math.round(curves[c][pixels[i + c]] + grey + draw(noise / 3)), 0), 255);
  }
}
