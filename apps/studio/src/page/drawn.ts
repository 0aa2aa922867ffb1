/**
 * Drawn people as photos, made in the page: the browser renders the drawings, then the effects of light and camera are
 * applied.
 */
import { expose, drawSvg, planSample, type PlannedPhoto } from '@facewright/datasets';
import type { PhotoFile } from './workers/run.js';

/** The photos of a sample, `photos` per person. `onDrawn` receives how many are done. */
export async function drawSample(
  seed: number,
  people: number,
  photos: number,
  onDrawn: (done: number, total: number) => void,
  signal?: AbortSignal,
): Promise<PhotoFile[]> {
  const drawn: PhotoFile[] = [];
  for (const planned of planSample(seed, Array<number>(people).fill(photos))) {
    signal?.throwIfAborted();
    drawn.push(await drawPhoto(planned));
    onDrawn(drawn.length, people * photos);
  }
  return drawn;
}

async function drawPhoto({ id, identity, person, conditions, noise }: PlannedPhoto): Promise<PhotoFile> {
  const { svg, landmarks } = drawSvg(person, conditions);
  const { width, height, camera, light } = conditions;
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  const picture = await loadPicture(svg);
  context.filter = `blur(${camera.blur}px)`;
  context.drawImage(picture, 0, 0);
  const image = context.getImageData(0, 0, width, height);
  expose4(image.data, (rgb) => expose(rgb, light, camera.noise, noise));
  context.putImageData(image, 0, 0);
  return {
    id,
    identity,
    blob: await canvas.convertToBlob({ type: 'image/jpeg', quality: camera.quality / 100 }),
    landmarks,
  };
}

/** Only the page can render SVG; a worker cannot. */
async function loadPicture(svg: string): Promise<HTMLImageElement> {
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    const picture = new Image();
    picture.src = url;
    await picture.decode();
    return picture;
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** Applies a function for RGB bytes to a canvas's RGBA bytes. Transparent pixels become black. */
function expose4(rgba: Uint8ClampedArray, work: (rgb: Uint8Array) => void): void {
  const pixels = rgba.length / 4;
  const rgb = new Uint8Array(pixels * 3);
  for (let i = 0; i < pixels; i++) {
    const alpha = rgba[i * 4 + 3] / 255;
    for (let c = 0; c < 3; c++) rgb[i * 3 + c] = rgba[i * 4 + c] * alpha;
  }
  work(rgb);
  for (let i = 0; i < pixels; i++) rgba.set([rgb[i * 3], rgb[i * 3 + 1], rgb[i * 3 + 2], 255], i * 4);
}
