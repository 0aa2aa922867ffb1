/** Images for comparing an exported model with the engine. */
import { dirname, join, resolve } from 'node:path';
import { createRandom, FacewrightError, type Dataset, type RgbImage } from '@facewright/core';
import { drawPeople, openDataset } from '@facewright/datasets';
import { decodeImage } from '@facewright/platform/node';
import { createFivePointAligner } from '@facewright/preprocess';
import { fitPixels } from '@facewright/training';

export interface ParityImages {
  readonly images: readonly RgbImage[];
  /** A description for users. */
  readonly from: string;
}

/**
 * Images of the model's input size, evenly spread over the given dataset or the one next to the model. If there is
 * none, drawn ones: a few faces, and patterns with more contrast than faces have.
 */
export async function parityImages(
  model: string,
  [height, width]: readonly [height: number, width: number],
  count: number,
  data?: string,
): Promise<ParityImages> {
  const fit = (image: RgbImage): RgbImage => ({ width, height, data: fitPixels(image, [height, width]) });
  const path = data === undefined ? join(dirname(resolve(model)), 'dataset') : resolve(data);
  const dataset = await openDataset(path).catch((error: unknown): Dataset | undefined => {
    if (data !== undefined) throw error;
    return undefined;
  });
  if (!dataset)
    return {
      images: [
        ...(await drawnFaces(Math.min(count, FACES), Math.max(height, width))).map(fit),
        ...Array.from({ length: count - Math.min(count, FACES) }, (_, index) => drawnImage(height, width, index)),
      ],
      from: 'drawn faces and patterns',
    };
  try {
    const total = dataset.length;
    if (!total) throw new FacewrightError({ what: 'The dataset has no images to compare on.', where: path });
    const images: RgbImage[] = [];
    for (let index = 0; index < Math.min(count, total); index++)
      images.push(fit(await dataset.read(Math.floor((index * total) / Math.min(count, total)))));
    return { images, from: path };
  } finally {
    await dataset.close();
  }
}

/** Drawing one takes as long as many patterns. */
const FACES = 4;

async function drawnFaces(count: number, side: number): Promise<RgbImage[]> {
  const aligner = createFivePointAligner(side);
  const faces: RgbImage[] = [];
  for (const { jpeg, landmarks } of await drawPeople(count))
    faces.push(aligner.align(await decodeImage(jpeg), landmarks));
  return faces;
}

/** A few waves in each colour, with some noise. */
export function drawnImage(height: number, width: number, index: number): RgbImage {
  const random = createRandom('parity').fork('image', index);
  const data = new Uint8Array(height * width * 3);
  for (let colour = 0; colour < 3; colour++) {
    const waves = Array.from({ length: 4 }, () => ({
      x: 12 * random.uniform() - 6,
      y: 12 * random.uniform() - 6,
      phase: 2 * Math.PI * random.uniform(),
      height: 60 * random.uniform(),
    }));
    for (let i = 0; i < height * width; i++) {
      const [x, y] = [(i % width) / width, Math.floor(i / width) / height];
      const value = waves.reduce(
        (sum, wave) => sum + wave.height * Math.sin(2 * Math.PI * (wave.x * x + wave.y * y) + wave.phase),
        128 + 8 * random.normal(),
      );
      data[i * 3 + colour] = Math.min(255, Math.max(0, Math.round(value)));
    }
  }
  return { width, height, data };
}
