/** Draws the faces into a photo: box, label and the five landmarks. */
import { parse } from 'node:path';
import { landmarkPoints, type Face, type RgbImage } from '@facewright/core';

/** An encoded JPEG. A face's default label is its confidence. */
export async function drawFaces(
  { width, height, data }: RgbImage,
  faces: readonly Face[],
  labels: readonly string[] = [],
): Promise<Uint8Array> {
  const { default: sharp } = await import('sharp');
  const stroke = Math.max(1.5, Math.min(width, height) / 250);
  const shapes = faces.map(({ box, confidence, landmarks }, index) => {
    const points = landmarkPoints(landmarks).map(
      ([x, y]) =>
        `<circle cx="${x}" cy="${y}" r="${stroke * 1.4}" fill="#39d353" stroke="#0008" stroke-width="${stroke / 3}"/>`,
    );
    const label = `<text x="${box.x}" y="${Math.max(stroke * 8, box.y - stroke * 2)}" font-family="sans-serif" font-size="${stroke * 7}" fill="#39d353" stroke="#000" stroke-width="${stroke / 4}" paint-order="stroke">${escaped(labels[index] ?? confidence.toFixed(3))}</text>`;
    return `<rect x="${box.x}" y="${box.y}" width="${box.width}" height="${box.height}" fill="none" stroke="#39d353" stroke-width="${stroke}"/>${points.join('')}${label}`;
  });
  const overlay = Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${shapes.join('')}</svg>`,
  );
  return sharp(data, { raw: { width, height, channels: 3 } })
    .composite([{ input: overlay }])
    .jpeg({ quality: 90 })
    .toBuffer();
}

/** Escaped for SVG text. */
const escaped = (text: string): string =>
  text.replace(/[\u0000-\u001f]/g, ' ').replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

/** `photo.jpg`, and `photo-2.jpg` for a second photo with that name. */
export function drawnNames(paths: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return paths.map((path) => {
    const { name } = parse(path);
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return `${name}${times > 1 ? `-${times}` : ''}.jpg`;
  });
}
