/** Pictures of faces in the page. */
import type { Face, RgbImage } from '@facewright/core';
import { element } from './dom.js';

/** An aligned face as a picture, with alternative text. */
export function faceCanvas({ width, height, data }: RgbImage, description: string): HTMLCanvasElement {
  const canvas = element('canvas', { width, height, role: 'img', 'aria-label': description });
  const image = new ImageData(width, height);
  for (let from = 0, to = 0; from < data.length; from += 3, to += 4)
    image.data.set([data[from], data[from + 1], data[from + 2], 255], to);
  canvas.getContext('2d')!.putImageData(image, 0, 0);
  return canvas;
}

/** Longer side of a displayed photo in pixels, so that small faces are visible on any screen. */
const LONGEST = 1000;

export interface ShownPhoto {
  readonly canvas: HTMLCanvasElement;
  /** Size of the photo itself in pixels. */
  readonly width: number;
  readonly height: number;
}

/** A photo; the style sheet fits it into its place. */
export async function photoCanvas(photo: Blob, description: string): Promise<ShownPhoto> {
  const bitmap = await createImageBitmap(photo);
  const { width, height } = bitmap;
  const scale = Math.min(1, LONGEST / Math.max(width, height));
  const canvas = element('canvas', {
    width: Math.round(width * scale),
    height: Math.round(height * scale),
    role: 'img',
    'aria-label': description,
  });
  canvas.getContext('2d')!.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return { canvas, width, height };
}

/** The photo with a box around each face, which is a button that selects it. */
export function faceBoxes(
  { canvas, width, height }: ShownPhoto,
  faces: readonly Face[],
  onChoose: (index: number) => void,
): { readonly box: HTMLElement; choose(index: number): void } {
  const share = (value: number, of: number): string => `${(100 * value) / of}%`;
  const buttons = faces.map(({ box }, index) => {
    const label = `Face ${index + 1} of ${faces.length}`;
    const button = element('button', { type: 'button', 'aria-label': label, onclick: () => onChoose(index) });
    // a face at the edge may extend beyond the photo
    const [left, top] = [Math.max(0, box.x), Math.max(0, box.y)];
    button.style.left = share(left, width);
    button.style.top = share(top, height);
    button.style.width = share(Math.min(width, box.x + box.width) - left, width);
    button.style.height = share(Math.min(height, box.y + box.height) - top, height);
    return button;
  });
  return {
    box: element('div', { class: 'photo' }, canvas, ...buttons),
    choose: (chosen) =>
      buttons.forEach((button, index) => button.setAttribute('aria-pressed', String(index === chosen))),
  };
}
