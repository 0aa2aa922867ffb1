/** Options shared by several commands. config-of.ts turns them into a config. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { PRESET_NAMES } from '@facewright/run/preset-names';

/** Values of `--backend`. */
export const ENGINES = 'engine: auto, xla, onnx, node-gpu, webgpu, wasm, cpu, or a plugin';

export interface CommonOptions {
  readonly config?: string;
  readonly seed?: number;
  readonly backend?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export interface DataOptions {
  readonly minPhotos?: number;
  readonly faces?: 'exactly-one' | 'largest' | 'all';
  readonly data?: string;
  readonly reader?: string;
  readonly aligned?: boolean;
  readonly edits?: string;
}

export interface BatchOptions {
  readonly batch?: number;
  readonly microBatch?: number;
  readonly orderBuffer?: number;
}

export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('Expected an integer.');
  return value;
}

export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < Infinity)) throw new InvalidArgumentError('Expected a number above 0.');
  return value;
}

export function share(text: string): number {
  const value = positiveNumber(text);
  if (value > 1) throw new InvalidArgumentError('Expected a number above 0, at most 1.');
  return value;
}

/** As of false accepts: neither none nor all of them. */
export function rate(text: string): number {
  const value = positiveNumber(text);
  if (value >= 1) throw new InvalidArgumentError('Expected a number above 0 and below 1.');
  return value;
}

export function atLeastOne(text: string): number {
  const value = wholeNumber(text);
  if (value < 1) throw new InvalidArgumentError('Expected an integer of at least 1.');
  return value;
}

export const withCommon = (command: Command): Command =>
  command
    .option('--config <file>', 'config file (default: facewright.config.* in the working directory)')
    .option('--seed <number>', 'seed of everything random (default: 1)', wholeNumber)
    .option('--backend <name>', `${ENGINES} (default: auto)`)
    .option('--json', 'print one JSON document on standard output, and nothing else there')
    .option('--quiet', 'no progress, only warnings and errors');

/** `prepared`: whether the command takes a prepared dataset too. */
export const withData = (command: Command, { prepared }: { readonly prepared: boolean }): Command =>
  command
    .option(
      '--data <path>',
      `folder with one subfolder per person, landmark list, .zip, .tar${prepared ? ', .rec, or prepared dataset' : ' or .rec'}`,
    )
    .addOption(editsOption())
    .option('--reader <name>', 'reader for the data (default: detected from the data)')
    .addOption(
      new Option('--aligned', 'the images are already aligned: a folder, .zip, .tar or .rec of crops').conflicts(
        'reader',
      ),
    )
    .addOption(
      new Option(
        '--faces <which>',
        'photos with several faces: leave them out, keep the largest face, or keep all',
      ).choices(['exactly-one', 'largest', 'all']),
    )
    .option(
      '--min-photos <number>',
      "photos each person needs (default: the recipe's 31; 2 for small sets)",
      atLeastOne,
    );

export const withBatch = (command: Command): Command =>
  command
    .option('--batch <images>', "images per step (default: 128, or the preset's)", wholeNumber)
    .option(
      '--micro-batch <images>',
      'process each batch in parts of this size and update once: less memory',
      wholeNumber,
    )
    .option(
      '--order-buffer <images>',
      'for disks and network storage: read shards in sequence and mix within a buffer of this many images (default: read at random)',
      wholeNumber,
    );

export const editsOption = (): Option =>
  new Option('--edits <file>', 'photos to leave out and people to merge: clean.json of "facewright clean"');

export const fromOption = (): Option =>
  new Option(
    '--from <path>',
    'fine-tune trained weights: a model directory, a run, a checkpoint, or a file that "import" accepts (.onnx, .pth, …)',
  );

export const openOption = (): Option => new Option('--open', 'open the report in the browser at the end');

export const loggerOption = (): Option =>
  new Option('--logger <name...>', "loggers for the run's events, e.g. tensorboard");

export const presetOption = (): Option =>
  new Option(
    '--preset <name>',
    'defaults for what the config does not set: small for slow engines, medium for a CPU, full for the whole network, auto by engine; paper, seed and insightface-214 are published recipes; sample: as --sample',
  )
    .choices(PRESET_NAMES)
    .default('auto');
