// Prepares a folder of photos with given landmarks, using the compiled packages. The worker and interruption tests
// start this in a separate process. Arguments as JSON: { source, out, workers, shardBytes, repeat }.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createDatasetWriter } from '@facewright/datasets';
import { createRandom, landmarksFrom, SEED_TIERS } from '@facewright/core';
import {
  createFivePointAligner,
  gaussianNoise,
  INSIGHTFACE_TEMPLATE,
  opening,
  prepare,
  saltAndPepper,
} from '@facewright/preprocess';

const { source, out, workers, shardBytes, people, photos } = JSON.parse(process.argv[2]);
const bytes = readFileSync(source);
const at = (x, y) => landmarksFrom(INSIGHTFACE_TEMPLATE.map(([px, py]) => [px + x, py + y]));
const identities = Array.from({ length: people }, (_, person) => ({
  name: `person ${person}`,
  photos: Array.from({ length: photos }, (_, photo) => ({
    id: `person ${person}/${photo}.jpg`,
    identity: `person ${person}`,
    // every seventh is damaged
    bytes: async () => new Uint8Array(photo % 7 === 3 ? bytes.subarray(0, 40) : bytes),
    landmarks: at(photo % 20, person % 20),
  })),
}));
const augmenters = { opening, 'gaussian-noise': gaussianNoise, 'salt-and-pepper': saltAndPepper };
const context = {
  random: createRandom(1),
  emit: () => {},
  signal: new AbortController().signal,
  engine: async () => {
    throw new Error('no engine');
  },
  baseDirectory: '.',
};
const rule = { ...SEED_TIERS[3], above: 0 };
const recipe = {
  modules: [createRequire(import.meta.url).resolve('@facewright/preprocess')],
  baseDirectory: '.',
  where: 'the test',
  backend: 'none',
  detector: 'landmarks',
  aligner: 'five-point',
  augmenters: [rule.augment],
};
let peak = 0;
const memory = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 20);
const samples = [];
const summary = await prepare({
  reader: {
    async *identities() {
      yield* identities;
    },
  },
  aligner: createFivePointAligner(112),
  tiers: [
    {
      rule,
      augmenters: await Promise.all(
        rule.augment.map(async (name) => ({ name, augmenter: await augmenters[name]().create(context) })),
      ),
    },
  ],
  faces: 'exactly-one',
  writer: await createDatasetWriter(out, { shardBytes }),
  random: createRandom(7).fork('prepare'),
  seed: 7,
  emit: (type, event) => {
    if (type === 'notice') process.stderr.write(`${event.message}\n`);
    if (type === 'progress') samples.push([event.done, process.memoryUsage().rss]);
  },
  directory: out,
  workers: { count: workers, recipe },
  resumeKey: { name: 'test' },
});
clearInterval(memory);
process.stdout.write(
  JSON.stringify({ kept: summary.kept, dropped: summary.dropped, images: summary.images, peak, samples }),
);
