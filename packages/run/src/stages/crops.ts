/** The aligned faces shown in a report: a few people, each with one photo in all its variants, then others. */
import { originals, permutation, type Dataset, type Random, type SampleColumns } from '@facewright/core';
import { encodeImage } from '@facewright/platform/node';
import type { Crop } from '@facewright/report';

const PEOPLE = 9;
const IMAGES = 4;

export async function pickCrops(dataset: SampleColumns & Pick<Dataset, 'read'>, random: Random): Promise<Crop[]> {
  const { identities, labels, photos } = dataset;
  const isOriginal = originals(dataset);
  const own = new Map(
    Array.from(permutation(identities.length, random, PEOPLE).sort(), (label) => [label, [] as number[]]),
  );
  labels.forEach((label, index) => own.get(label)?.push(index));
  const crops: Crop[] = [];
  for (const [label, indexes] of own) {
    const first = photos[indexes[0]];
    const inOrder = [
      ...indexes.filter((index) => photos[index] === first),
      ...indexes.filter((index) => photos[index] !== first && isOriginal(index)),
    ];
    for (const index of inOrder.slice(0, IMAGES)) {
      crops.push({
        identity: identities[label],
        caption: dataset.kindOf(index),
        bytes: await encodeImage(await dataset.read(index), 'jpeg', 85),
        type: 'image/jpeg',
      });
    }
  }
  return crops;
}
