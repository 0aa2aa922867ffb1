/** `facewright dataset`: inspects, verifies, converts or previews a set of images. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { TargetName } from '@facewright/datasets';
import { lazily } from '../lazily.js';
import { editsOption, wholeNumber } from '../options.js';

const FORMATS =
  'a prepared dataset, a folder of people, a landmark list (Trillion Pairs), .rec or .bin (InsightFace), .tar (WebDataset), or .zip';
/** `TARGETS` of @facewright/datasets, which `--help` must not load. */
export const TARGETS = ['folder', 'dataset', 'insightface-rec', 'webdataset'] as const satisfies readonly TargetName[];

const work = () => import('../actions/dataset.js');

export function addDataset(program: Command): void {
  const dataset = program.command('dataset').description('inspect, check and convert sets of images');
  const command = (name: string, description: string): Command =>
    dataset
      .command(name)
      .description(description)
      .argument('<path>', FORMATS)
      .option('--json', 'print one JSON document on standard output, and nothing else there')
      .option('--quiet', 'no progress, only warnings and errors');

  command('info', 'count people and images').action(lazily(async () => ({ default: (await work()).info })));

  command('verify', 'read and decode every image, and verify all checksums')
    .addHelpText('after', '\nThe exit code is 0 if everything is intact, else 1.')
    .action(lazily(async () => ({ default: (await work()).verify })));

  command('convert', 'convert to another format, keeping the images byte for byte')
    .requiredOption('--out <dir>', 'new or empty directory')
    .addOption(editsOption())
    .addOption(new Option('--to <format>', 'the format to write').choices(TARGETS).makeOptionMandatory())
    .addHelpText(
      'after',
      `
A dataset holds aligned crops: to "dataset", images must be square and of one size, aligned to the InsightFace template.

Examples:
  facewright dataset convert faces_emore/train.rec --to dataset --out emore
  facewright dataset convert run/dataset --to insightface-rec --out rec
  facewright dataset convert lfw.bin --to folder --out lfw`,
    )
    .action(lazily(async () => ({ default: (await work()).convert })));

  dataset
    .command('merge')
    .description('merge the parts of a divided preparation')
    .argument('<parts...>', 'the directories of the parts, or a directory that holds them')
    .requiredOption('--out <dir>', 'output directory for the dataset')
    .option('--force', 'replace the dataset in --out')
    .option('--json', 'print one JSON document on standard output, and nothing else there')
    .option('--quiet', 'no progress, only warnings and errors')
    .addHelpText(
      'after',
      `
The dataset has the bytes that one undivided preparation writes; only "seconds" in dataset.json is the sum of the parts.
Every part has to be there, once, made from the same data with the same options. The parts stay where they are.

Example:
  facewright dataset merge parts/* --out run/dataset`,
    )
    .action(lazily(async () => ({ default: (await work()).merge })));

  command('preview', 'draw a contact sheet')
    .option('--out <file>', 'the PNG to write', 'preview.png')
    .option('--people <number>', 'number of rows: people spread over the whole set', count, 12)
    .option('--images <number>', 'images per row', count, 8)
    .option('--size <pixels>', 'side of an image in pixels', count, 112)
    .action(lazily(async () => ({ default: (await work()).preview })));
}

/** At least 1, with a limit so that sheets do not take gigabytes. */
function count(text: string): number {
  const value = wholeNumber(text);
  if (value < 1 || value > 1000) throw new InvalidArgumentError('Expected a number from 1 to 1000.');
  return value;
}
