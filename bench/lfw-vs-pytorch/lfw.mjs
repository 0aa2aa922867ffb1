// LFW split by person: everyone with ten or more images is trained on, and the pairs in pairs.txt that show none of
// them are the test.
import { decodeImage } from '@facewright/platform/node';
import { openImages, readPairs, zip } from '@facewright/datasets';
import { createRunContainer, pluginContext, sampleColumns } from '@facewright/core';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const LEAST_IMAGES = 10;
const SIZE = 112;
/** People and images to train on; pairs of unseen people: all, same, different. */
const COUNTS = [158, 4324, 5274, 2404, 2870];
const data = fileURLToPath(new URL('../../../shared/data/', import.meta.url));

/** Paths of aligned LFW (a zip of Name/Name_0001.jpg) and its pairs.txt; throws if one is missing. */
export function lfwFiles({ images = `${data}lfw/lfw-112x112.zip`, pairs = `${data}lfw/pairs.txt` } = {}) {
  for (const path of [images, pairs])
    if (!existsSync(path)) throw new Error(`There is no ${path}: name it by --images and --pairs.`);
  return { images, pairs };
}

/** The training set as a `Dataset`, the test's pairs, and the paths of their images. */
export async function openLfw(files) {
  const reader = await zip({ path: files.images, aligned: true }).create(pluginContext(createRunContainer(), 'lfw'));
  const samples = [];
  const people = [];
  for await (const { name, photos } of reader.identities()) {
    if (photos.length < LEAST_IMAGES) continue;
    for (const { id } of photos) samples.push({ identity: name, source: id, kind: 'original' });
    people.push(name);
  }
  const trained = new Set(people);
  const { pairs: all } = await readPairs(files.pairs);
  const personOf = (path) => path.split('/')[0];
  const pairs = all.filter(({ a, b }) => !trained.has(personOf(a)) && !trained.has(personOf(b)));
  const same = pairs.filter((pair) => pair.same).length;
  const counts = [people.length, samples.length, pairs.length, same, pairs.length - same];
  if (counts.join() !== COUNTS.join())
    throw new Error(
      `This is not LFW with its 6,000 pairs: ${counts.join(', ')} people, images, pairs, same and different ones, not ${COUNTS.join(', ')}.`,
    );
  const source = await openImages(files.images);
  const decode = async (path) => decodeImage(await source.bytes(path), { where: path });
  const dataset = {
    ...sampleColumns(samples, people),
    directory: files.images,
    summary: {
      photos: samples.length,
      kept: samples.length,
      dropped: 0,
      reasons: {},
      perTier: {},
      identities: people.length,
      images: samples.length,
      alignment: { fingerprint: 'lfw-112x112', size: SIZE },
      seed: 0,
      seconds: 0,
    },
    read: (index) => decode(samples[index].source),
    close: async () => source.close(),
  };
  const testImages = [...new Set(pairs.flatMap(({ a, b }) => [a, b]))].sort();
  return { dataset, pairs, testImages, decode };
}
