// Gives two compiled worker threads fast and slow photos in turn, closes them when the first is done, and prints how
// each ended. The test starts this in a separate process. The detector finds nothing, and takes ten milliseconds for
// each pixel of width above 40.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createRandom } from '@facewright/core';
import { encodeImage } from '@facewright/platform/node';
import { openWorkers } from '../dist/prepare/workers.js';

const directory = process.argv[2];
writeFileSync(
  join(directory, 'uneven.mjs'),
  `const meta = { name: 'uneven', kind: 'detector', version: '1.0.0', apiVersion: 1 };
const detect = ({ width }) => new Promise((resolve) => setTimeout(() => resolve([]), 10 * (width - 40)));
const create = async () => ({ fingerprint: 'uneven', detect });
export default Object.assign(() => ({ meta, options: {}, create }), { meta, options: {}, create });
`,
);
const job = {
  modules: [createRequire(import.meta.url).resolve('@facewright/preprocess')],
  baseDirectory: directory,
  where: 'the test',
  backend: 'none',
  detector: './uneven.mjs',
  aligner: 'five-point',
  augmenters: [[]],
  faces: 'exactly-one',
  withoutFace: 'leave-out',
  limits: {},
  random: createRandom(1).key,
  encoding: { format: 'jpeg' },
};
const workers = openWorkers(2, job, () => {});
const photos = [];
for (const [number, width] of [40, 140, 40, 140].entries()) {
  const bytes = await encodeImage({ width, height: 64, data: new Uint8Array(width * 64 * 3) });
  photos.push(
    workers
      .process({ photo: { id: `${number}.jpg`, identity: 'a' }, bytes: new Uint8Array(bytes), tier: 0 })
      .then(({ outcome }) => outcome.exclusion.reason, String),
  );
}
await photos[0];
await workers.close();
process.stdout.write(JSON.stringify(await Promise.all(photos)));
