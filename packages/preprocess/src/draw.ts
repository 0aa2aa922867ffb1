/** Faces drawn over a photo, for eyes: boxes with their confidence, and the five points. */
import { landmarkPoints, type Face, type RgbImage } from '@facewright/core';

const COLOURS = ['#ff3b30', '#ff9500', '#34c759', '#00c7be', '#af52de'];

/** A new image of the same size. */
export async function drawFaces({ width, height, data }: RgbImage, faces: readonly Face[]): Promise<RgbImage> {
  const { default: sharp } = await import('sharp');
  const photo = sharp(data, { raw: { width, height, channels: 3 } });
  const overlay = Buffer.from(facesSvg(width, height, faces));
  const drawn = await photo.composite([{ input: overlay }]).removeAlpha().raw({ depth: 'uchar' }).toBuffer();
  return { width, height, data: new Uint8Array(drawn.buffer, drawn.byteOffset, drawn.byteLength) };
}

function facesSvg(width: number, height: number, faces: readonly Face[]): string {
  const line = Math.max(1, Math.min(width, height) / 300);
  const marks = faces.map(({ box, confidence, landmarks }) => {
    const points = landmarkPoints(landmarks).map(([x, y], index) => `<circle cx="${x + 0.5}" cy="${y + 0.5}" r="${Math.max(line, box.width / 30)}" fill="${COLOURS[index]}"/>`);
    const size = Math.max(8, box.width / 6);
    return (
      `<rect x="${box.x}" y="${box.y}" width="${box.width}" height="${box.height}" fill="none" stroke="#0a84ff" stroke-width="${line}"/>` +
      `<text x="${box.x}" y="${Math.max(size, box.y - line)}" font-family="sans-serif" font-size="${size}" fill="#0a84ff">${confidence.toFixed(3)}</text>` +
      points.join('')
    );
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${marks.join('')}</svg>`;
}
