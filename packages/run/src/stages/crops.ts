/** The aligned faces that a report shows: a few people, each with one photo in all its kinds and then others. */
import { permutation, type Dataset, type Random } from '@facewright/core';
import { encodeImage } from '@facewright/platform/node';
import type { Crop } from '@facewright/report';

const PEOPLE = 9;
const IMAGES = 4;

export async function pickCrops(
  { samples, identities, read }: Pick<Dataset, 'samples' | 'identities' | 'read'>,
  random: Random,
): Promise<Crop[]> {
  const chosen = new Set(permutation(identities.length, random, PEOPLE));
  const own = new Map([...chosen].sort((a, b) => a - b).map((label) => [label, [] as number[]]));
  samples.forEach(({ label }, index) => own.get(label)?.push(index));
  const crops: Crop[] = [];
  for (const [label, indexes] of own) {
    const first = samples[indexes[0]].source;
    const inOrder = [
      ...indexes.filter((index) => samples[index].source === first),
      ...indexes.filter((index) => samples[index].source !== first && samples[index].kind === 'original'),
    ];
    for (const index of inOrder.slice(0, IMAGES)) {
      crops.push({
        identity: identities[label],
        caption: samples[index].kind,
        bytes: await encodeImage(await read(index), 'jpeg', 85),
        type: 'image/jpeg',
      });
    }
  }
  return crops;
}
