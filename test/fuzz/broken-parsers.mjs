// Parsers that are broken in every way the fuzzer looks for, to test it. Each does what its name says.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FacewrightError } from '@facewright/core';

/** Reads the valid file, and breaks on any other. */
const broken = (how) => ({
  seeds: [async () => ({ a: Buffer.from('valid 1') })],
  read: async (folder, { a }) => (a.toString() === 'valid 1' ? undefined : how(folder)),
});

export const targets = {
  throws: broken(() => null.size),
  'throws-later': broken(() => void Promise.resolve().then(() => null.size)),
  exits: broken(() => process.exit(7)),
  loops: broken(() => {
    const start = process.cpuUsage();
    for (let used = 0, sum = 0; used < 3e6; used = process.cpuUsage(start).user)
      for (let i = 0; i < 1e6; i++) sum += Math.sin(i + sum);
  }),
  allocates: broken(() => Buffer.alloc(700 * 2 ** 20, 1)),
  'writes-outside': broken((folder) => writeFileSync(join(folder, '../outside'), 'x')),
  'writes-beside': broken((folder) => writeFileSync(join(folder, 'beside'), 'x')),
  refuses: broken(() => {
    throw new FacewrightError({ what: 'This file is damaged.' });
  }),
};
