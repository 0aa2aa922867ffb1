/** Merging takes the same memory whatever the number of images. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../test/files.js';

const root = temporaryFolder();

/** Two parts of tiny images, then their merge in a process of its own, which returns its peak in bytes. */
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
  await mergeParts([root + '/parts'], root + '/' + process.argv[3]);
  process.stdout.write(String(process.resourceUsage().maxRSS * 1024));
}`;

/** The lesser of two peaks in bytes. The collector works at every turn, so that little of what it has yet to free is counted. */
function peakOf(images: number): number {
  const directory = join(root, String(images));
  const run = (what: string): string =>
    execFileSync(
      process.execPath,
      [
        '--max-semi-space-size=1',
        '--optimize-for-size',
        '--input-type=module',
        '-e',
        SCRIPT,
        directory,
        String(images),
        what,
      ],
      { encoding: 'utf8', cwd: fileURLToPath(new URL('../..', import.meta.url)) },
    );
  run('write');
  return Math.min(Number(run('merged')), Number(run('merged again')));
}

test('merging ten times as many images takes about the same memory', () => {
  const [few, many] = [20_000, 200_000].map(peakOf);
  // the names of 2,000 people more; the 180,000 samples themselves would take 60 MiB and more
  expect(many - few).toBeLessThan(40 * 2 ** 20);
}, 300_000);
