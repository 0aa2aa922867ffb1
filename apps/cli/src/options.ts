/** Options that several commands take, and how they become config. */
import { resolve } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { FacewrightError, messageOf, type RunConfigInput } from '@facewright/core';
import { loadConfig, type LoadedConfig } from '@facewright/platform/node';
import { alignedReader, PRESET_NAMES } from '@facewright/run';

/** What `--backend` takes. */
export const ENGINES = 'engine: auto, onnx, node-gpu, webgpu, wasm, cpu, or a plugin';

export interface CommonOptions {
  readonly config?: string;
  readonly seed?: number;
  readonly backend?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export interface DataOptions {
  readonly data?: string;
  readonly reader?: string;
  readonly aligned?: boolean;
}

export interface BatchOptions {
  readonly batch?: number;
  readonly microBatch?: number;
}

export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('Expected is a whole number.');
  return value;
}

export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < Infinity)) throw new InvalidArgumentError('Expected is a number above 0.');
  return value;
}

export const withCommon = (command: Command): Command =>
  command
    .option('--config <file>', 'config file (default: facewright.config.* in the working directory)')
    .option('--seed <number>', 'seed of everything that is drawn (default: 1)', wholeNumber)
    .option('--backend <name>', `${ENGINES} (default: auto)`)
    .option('--json', 'print one JSON document on standard output, and nothing else there')
    .option('--quiet', 'no progress, only warnings and errors');

export const withData = (command: Command): Command =>
  command
    .option('--data <path>', 'folder of one subfolder a person, landmark list, .zip, .tar, .rec, or prepared dataset')
    .option('--reader <name>', 'reader of the data (default: by what the data is)')
    .addOption(
      new Option('--aligned', 'the images of the data are aligned: a folder, .zip, .tar or .rec of crops').conflicts(
        'reader',
      ),
    );

export const withBatch = (command: Command): Command =>
  command
    .option('--batch <images>', "images in a step (default: 128, or the preset's)", wholeNumber)
    .option(
      '--micro-batch <images>',
      'go over a batch in parts of this many and update once: less memory',
      wholeNumber,
    );

/** Options of a part on the command line, as they stand in a config. */
export function jsonOptions(text = '{}'): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FacewrightError({
      what: `The options are not JSON: ${messageOf(error)}.`,
      where: '--options',
      todo: 'Write them as in the config, e.g. --options \'{"variant":"S"}\'.',
    });
  }
}

/** The config file with the command line over it; paths of the command line are relative to the working directory. */
export async function configOf(
  options: CommonOptions &
    DataOptions &
    BatchOptions & {
      readonly out?: string;
      readonly from?: string;
      readonly stages?: RunConfigInput['stages'];
      readonly logger?: string[];
    },
): Promise<LoadedConfig> {
  const overrides: RunConfigInput = {
    ...(options.data !== undefined && { data: resolve(options.data) }),
    ...(options.out !== undefined && { out: resolve(options.out) }),
    ...(options.from !== undefined && { from: resolve(options.from) }),
    ...(options.stages !== undefined && { stages: options.stages }),
    ...(options.seed !== undefined && { seed: options.seed }),
    ...(options.backend !== undefined && { backend: options.backend }),
    ...(options.batch !== undefined && { batch: options.batch }),
    ...(options.microBatch !== undefined && { microBatch: options.microBatch }),
    ...(options.logger !== undefined && { loggers: options.logger }),
    ...(options.reader !== undefined && { reader: options.reader }),
  };
  const loaded = await loadConfig({ path: options.config, overrides });
  return options.aligned
    ? { ...loaded, given: { ...loaded.given, reader: await alignedReader(loaded.given.data, loaded.baseDirectory) } }
    : loaded;
}

export const loggerOption = (): Option =>
  new Option('--logger <name...>', 'further readers of what the run tells, e.g. tensorboard');

export const presetOption = (): Option =>
  new Option(
    '--preset <name>',
    'what lies under the config: small for slow engines, medium for a processor, full for the whole net, auto by the engine; paper, seed, insightface-214: recipes; sample: as --sample',
  )
    .choices(PRESET_NAMES)
    .default('auto');

export function requireData({ data }: RunConfigInput): string {
  if (data !== undefined) return data;
  throw new FacewrightError({
    what: 'No data is named.',
    where: 'the command line',
    todo: 'Give --data <folder of people>, or --sample for a drawn one.',
  });
}

/** Complains of the first option that is below its least. */
export function requireAtLeast(
  values: Readonly<Record<string, number>>,
  least: Readonly<Record<string, number>>,
): void {
  for (const [name, value] of Object.entries(values)) {
    if (value < least[name])
      throw new FacewrightError({
        what: `--${name} is ${value}; the least is ${least[name]}.`,
        where: 'the command line',
        todo: `Give --${name} ${least[name]} or more.`,
      });
  }
}
