/** Merging takes the same memory whatever the number of images. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../test/files.js';

const root = temporaryFolder();

/** Two parts of tiny images, then their merge in a process of its own, which returns the most bytes in use. */
const SCRIPT = `
import { createDatasetWriter, mergeParts } from '@facewright/datasets';
const [root, images] = [process.argv[1], Number(process.argv[2])];
if (process.argv[3] === 'write')
  for (const number of [1, 2]) {
    const writer = await createDatasetWriter(root + '/parts/' + number, { shardBytes: 4 << 20 });
    const bytes = new Uint8Array(200).fill(number);
    for (let i = 0; i < images / 2; i += 4) {
      const name = 'person ' + number + ' ' + Math.floor(i / 200);
      const sample = { identity: name, source: name + '/photo ' + i + '.jpg' };
      const kinds = ['original', 'opening', 'gaussian-noise', 'salt-and-pepper'];
      await writer.addPhoto(kinds.map((kind) => ({ sample: { ...sample, kind }, bytes })), undefined, 'sharp');
      await writer.exclude({ photo: name + '/left out ' + i + '.jpg', identity: name, reason: 'no-face' });
    }
    const identities = Math.ceil(images / 400);
    await writer.finish({
      photos: images / 4, kept: images / 8, dropped: images / 8, reasons: { 'no-face': images / 8 }, perTier: {}, identities,
      images: images / 2, alignment: { fingerprint: 'test', size: 112 }, seed: 1, seconds: 1, part: { number, of: 2, basis: {} },
    });
  }
else {
  let [most, next] = [0, 0];
  await mergeParts([root + '/parts'], root + '/merged', {
    emit: (_, { done }) => {
      if (done < next) return;
      next += images / 8;
      globalThis.gc();
      most = Math.max(most, process.memoryUsage().heapUsed);
    },
  });
  process.stdout.write(String(most));
}`;

/** The most bytes of the heap in use while that many images are merged, without what the collector has yet to free. */
function mostInUse(images: number): number {
  const directory = join(root, String(images));
  const run = (what: string): string =>
    execFileSync(
      process.execPath,
      ['--expose-gc', '--input-type=module', '-e', SCRIPT, directory, String(images), what],
      { encoding: 'utf8', cwd: fileURLToPath(new URL('../..', import.meta.url)) },
    );
  run('write');
  return Number(run('merge'));
}

test('merging ten times as many images takes about the same memory', () => {
  const [few, many] = [20_000, 200_000].map(mostInUse);
  // the names of 900 people more; the samples themselves would take 30 MiB
  expect(many - few).toBeLessThan(8 * 2 ** 20);
});
