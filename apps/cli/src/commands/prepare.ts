/** `facewright prepare`: turns photos into a dataset directory. */
import { Option, type Command } from 'commander';
import { atLeastOne, presetOption, withCommon, withData } from '../options.js';
import { lazily } from '../lazily.js';
import { queueOption } from './worker.js';

export function addPrepare(program: Command): void {
  withCommon(
    withData(program.command('prepare').description('detect, align and tier photos into a dataset directory'), {
      prepared: false,
    }).requiredOption('--out <dir>', 'output directory for the dataset, or for its parts'),
  )
    .addOption(presetOption())
    .addOption(new Option('--force', 'replace the dataset in --out'))
    .option(
      '--part <i/n>',
      'prepare only part i of n, into a directory of its own in --out; auto/<n>: i from the job array',
    )
    .addOption(queueOption().conflicts('part'))
    .option('--parts <number>', 'parts to put into the queue (default: 32)', atLeastOne)
    .addHelpText(
      'after',
      `
Photos of more than 256 MB, 120 megapixels or 20,000 pixels a side are left out, but JPEGs of more pixels are read at half or a
quarter of their size. Change that in the config: limits.maxBytes, limits.maxPixels, limits.maxSide.

Examples:
  facewright prepare --data photos/ --out run/dataset
  facewright prepare --data celebrity/celebrity_lmk --out run/dataset --json
  facewright prepare --data crops/ --aligned --out run/dataset
  facewright prepare --data lfw-112x112.zip --aligned --out lfw
  facewright prepare --data photos/ --out parts --part 3/20      on one of twenty machines
  facewright dataset merge parts/* --out run/dataset             when all parts are there
  facewright prepare --data /data/photos --out /data/dataset --queue redis://queue-host --parts 200

A folder of loose photos also works. Each photo then counts as a separate person: its faces are aligned, but cannot be used for training.`,
    )
    .action(lazily(() => import('../actions/prepare.js')));
}
