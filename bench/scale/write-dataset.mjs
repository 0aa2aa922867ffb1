// A dataset of any number of images that all lie in a few thousand crops: the index is of full size, the shards are not.
import { createRandom } from '@facewright/core';
import { createDatasetWriter, openDataset } from '@facewright/datasets';
import { linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { IndexWriter } from '../../packages/datasets/dist/dataset/index-writer.js';
import { readDatasetFile } from '../../packages/datasets/dist/dataset/dataset-file.js';

const CROPS = 2000;
const SIDE = 112;

/** Crops of drawn noise, for a machine that has no prepared dataset. */
export async function writeCrops(directory) {
  const writer = await createDatasetWriter(directory);
  const random = createRandom('crops');
  for (let crop = 0; crop < CROPS; crop++) {
    const data = new Uint8Array(SIDE * SIDE * 3);
    const waves = Array.from({ length: 9 }, () => random.uniform());
    for (let i = 0; i < data.length; i++) {
      const [x, y] = [((i / 3) | 0) % SIDE, (i / 3 / SIDE) | 0];
      const wave = Math.sin(x * waves[i % 3] * 0.3) + Math.sin(y * waves[3 + (i % 3)] * 0.3);
      data[i] = 128 + 50 * wave + 12 * (random.uniform() - 0.5);
    }
    await writer.add(
      { identity: `p${crop % 50}`, source: `p${crop % 50}/${crop}.jpg`, kind: 'original' },
      { width: SIDE, height: SIDE, data },
    );
  }
  await writer.finish({
    photos: CROPS,
    kept: CROPS,
    dropped: 0,
    reasons: {},
    perTier: {},
    identities: 50,
    images: CROPS,
    alignment: { fingerprint: 'bench', size: SIDE },
    seed: 0,
    seconds: 0,
  });
}

/** `images` of `people`, about as many of each; every third is an augmented copy of the photo before it. */
export async function writeScaled({ crops, directory, images, people }) {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const dataset = await openDataset(crops);
  const { placeOf } = dataset;
  const from = await readDatasetFile(crops);
  const shards = from.files.filter(({ name }) => name.endsWith('.tar'));
  for (const { name } of shards) linkSync(join(crops, name), join(directory, name));
  const index = await IndexWriter.create(directory);
  let photo = 0;
  for (let image = 0; image < images; image++) {
    const label = Math.floor((image * people) / images);
    const copy = image % 3 === 2 && Math.floor(((image - 1) * people) / images) === label;
    if (!copy) photo++;
    await index.add({
      ...placeOf(image % dataset.length),
      label,
      source: `m.0${label.toString(36).padStart(5, '0')}/${photo}-FaceId-0.jpg`,
      kind: copy ? 'opening' : 'original',
    });
  }
  const written = await index.finish(join(directory, 'index.bin'));
  await dataset.close();
  writeFileSync(
    join(directory, 'dataset.json'),
    JSON.stringify({
      ...from,
      identities: Array.from({ length: people }, (_, label) => `m.0${label.toString(36).padStart(5, '0')}`),
      files: [...shards, { name: 'index.bin', ...written }],
      summary: { ...from.summary, photos: photo, kept: photo, images, identities: people },
    }),
  );
}
