/** `facewright detect`: detects faces in photos. */
import type { Command } from 'commander';
import { withCommon } from '../options.js';
import { lazily } from '../lazily.js';

export function addDetect(program: Command): void {
  withCommon(
    program
      .command('detect')
      .description('detect faces and their five landmarks')
      .argument('<photos...>', 'photos; results keep this order')
      .option('--draw <dir>', 'write each photo with its faces drawn in'),
  )
    .addHelpText(
      'after',
      `
The exit code is 0 if every photo could be read, else 1.
Photos of more than 256 MB, 120 megapixels or 20,000 pixels a side are refused, but JPEGs of more pixels are read at half or a
quarter of their size. Change that in the config: limits.maxBytes, limits.maxPixels, limits.maxSide.

Examples:
  facewright detect holiday.jpg
  facewright detect *.jpg --draw found/
  facewright detect a.jpg b.png --json | jq '.photos[].faces | length'`,
    )
    .action(lazily(() => import('../actions/detect.js')));
}
