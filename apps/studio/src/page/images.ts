/** Pictures of faces in the page. */
import type { Face, RgbImage } from '@facewright/core';
import { element } from './dom.js';

/** An aligned face as a picture, with its description for those who do not see it. */
export function faceCanvas({ width, height, data }: RgbImage, description: string): HTMLCanvasElement {
  const canvas = element('canvas', { width, height, role: 'img', 'aria-label': description });
  const image = new ImageData(width, height);
  for (let from = 0, to = 0; from < data.length; from += 3, to += 4)
    image.data.set([data[from], data[from + 1], data[from + 2], 255], to);
  canvas.getContext('2d')!.putImageData(image, 0, 0);
  return canvas;
}

/** A photo, fitted to `most` pixels a side, with the face found in it marked. */
export async function photoCanvas(
  photo: Blob,
  face: Face | undefined,
  description: string,
  most = 360,
): Promise<HTMLCanvasElement> {
  const bitmap = await createImageBitmap(photo);
  const scale = Math.min(1, most / Math.max(bitmap.width, bitmap.height));
  const canvas = element('canvas', {
    width: Math.round(bitmap.width * scale),
    height: Math.round(bitmap.height * scale),
    role: 'img',
    'aria-label': description,
  });
  const context = canvas.getContext('2d')!;
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  if (face) {
    const { x, y, width, height } = face.box;
    context.lineWidth = 2;
    context.strokeStyle = '#2dd4bf';
    context.strokeRect(x * scale, y * scale, width * scale, height * scale);
    context.fillStyle = '#2dd4bf';
    for (const [px, py] of Object.values(face.landmarks) as (readonly [number, number])[]) {
      context.beginPath();
      context.arc(px * scale, py * scale, 2.5, 0, 2 * Math.PI);
      context.fill();
    }
  }
  return canvas;
}
