/** The directory of a run: what is stored where, which run it belongs to, and when it may be written to again. */
import { readdir, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  BESIDE_THE_RECIPE,
  dataReference,
  FacewrightError,
  messageOf,
  parseOptions,
  type RunConfig,
} from '@facewright/core';
import { lockDirectory, makeDirectory, readCheckedText, userErrorOf, writeFileAtomic } from '@facewright/platform/node';
import { z } from 'zod';
import { differences, type PartRecord } from './composition/record.js';

export const RUN_RECORD = 'run.json';

/** Everything a run writes. Nothing else is ever removed. */
const OWN = [
  RUN_RECORD,
  'events.jsonl',
  'metrics.json',
  'report.html',
  'sample',
  'dataset',
  'checkpoints',
  'model',
  'evaluation',
];
/** Expensive results: a run without any of these may be started again without asking. */
const RESULTS = ['dataset', 'checkpoints', 'model', 'report.html'];

export interface RunRecord {
  readonly format: 1;
  readonly command: string;
  /** With presets and defaults filled in, and each part with its options. */
  readonly config: RunConfig;
  /** The same parts with their versions and packages. */
  readonly parts: readonly PartRecord[];
  /** A run on the drawn sample, which may be started over without asking. */
  readonly sample: boolean;
  /** People held out of training, once selected. */
  readonly heldOut?: readonly string[];
}

/**
 * The record as read from disk. Someone else may have written it, so its config is validated before use, and its
 * plugins are only names.
 */
const readRecord = z.looseObject({
  format: z.literal(1),
  command: z.string(),
  config: z.looseObject({
    model: dataReference,
    licences: z.object({ data: z.string().optional(), weights: z.string().optional() }).optional(),
  }),
  parts: z.array(z.looseObject({ use: z.string(), package: z.string().optional() })).optional(),
  sample: z.boolean(),
  heldOut: z.array(z.string()).readonly().optional(),
});
export type ReadRunRecord = z.infer<typeof readRecord>;

export interface RunDirectory {
  readonly path: string;
  readonly events: string;
  readonly sample: string;
  readonly dataset: string;
  readonly model: string;
  readonly evaluation: string;
  /** The record of an earlier start; only with `resume`. */
  readonly earlier?: ReadRunRecord;
  record(record: RunRecord): Promise<void>;
  /** Unlocks the directory for other processes. */
  release(): void;
}

export interface OpenOptions {
  readonly resume?: boolean;
  /** Removes an earlier run's files first. */
  readonly force?: boolean;
  /** Removes an earlier sample run's files first, but no other run's. */
  readonly replaceSample?: boolean;
  /** Files of a run that may already exist: a dataset prepared into the run directory. */
  readonly keep?: readonly string[];
}

/**
 * Prepares and locks the directory. Throws a `FacewrightError` if another process is writing there, or if it contains a
 * run and no option says what to do with it.
 */
export async function openRunDirectory(directory: string, options: OpenOptions = {}): Promise<RunDirectory> {
  const path = resolve(directory);
  await makeRunDirectory(path);
  const lock = await lockDirectory(path, { inside: true });
  try {
    const earlier = await makeReady(path, options);
    return {
      path,
      events: join(path, 'events.jsonl'),
      sample: join(path, 'sample'),
      dataset: join(path, 'dataset'),
      model: join(path, 'model'),
      evaluation: join(path, 'evaluation'),
      ...(options.resume && { earlier }),
      record: (record) => writeFileAtomic(join(path, RUN_RECORD), `${JSON.stringify(record, null, 2)}\n`),
      release: () => lock.release(),
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Returns the record of an earlier start, and deletes its files if the options say so. */
async function makeReady(
  path: string,
  { resume = false, force = false, replaceSample = false, keep = [] }: OpenOptions,
): Promise<ReadRunRecord | undefined> {
  const earlier = await readRunRecord(path);
  const found = (await readdir(path)).filter((name) => OWN.includes(name) && !keep.includes(name));
  if (resume) {
    if (!earlier)
      throw new FacewrightError({
        what: 'There is no run to resume here.',
        where: path,
        todo: 'Give the directory of the interrupted run with --out, or start a new run without --resume.',
      });
  } else if (found.length > 0) {
    const results = found.filter((name) => RESULTS.includes(name));
    if (results.length > 0 && !force && !(replaceSample && earlier?.sample)) {
      throw new FacewrightError({
        what: `There is already a run here (${results.join(', ')}).`,
        where: path,
        todo: 'Use --resume to continue it, --force to start over (deletes its files), or --out to choose another directory.',
      });
    }
    for (const name of found) await rm(join(path, name), { recursive: true, force: true });
  }
  return earlier;
}

/** The contents of `run.json` in this directory, if it exists. */
export async function readRunRecord(directory: string): Promise<ReadRunRecord | undefined> {
  const path = join(directory, RUN_RECORD);
  const text = await readCheckedText(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw new FacewrightError({
      what: `Cannot read the record of the run: ${error.message}`,
      where: path,
      cause: error,
    });
  });
  if (text === undefined) return undefined;
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new FacewrightError({
      what: `The record of the run is damaged: ${userErrorOf(error)?.what ?? messageOf(error)}`,
      where: path,
      todo: 'Start over with --force.',
      cause: error,
    });
  }
  return parseOptions(readRecord, content, path);
}

interface RecipeRecord {
  readonly config: object;
  readonly parts?: readonly Pick<PartRecord, 'use' | 'package'>[];
}

/**
 * Requires that a resumed run is the one that was started. Names every option that differs, and every part that now
 * comes from another package.
 */
export function requireSameRecipe(earlier: RecipeRecord, now: RecipeRecord, where: string): void {
  const recipe = (config: object): object =>
    Object.fromEntries(Object.entries(config).filter(([key]) => !BESIDE_THE_RECIPE.includes(key)));
  const packages = (parts: RecipeRecord['parts'] = []): object =>
    Object.fromEntries(
      parts
        .filter(({ use }) => !BESIDE_THE_RECIPE.includes(use))
        .map(({ use, package: from }) => [use, { package: from }]),
    );
  const changed = [
    ...differences(recipe(earlier.config), recipe(now.config)),
    ...(earlier.parts ? differences(packages(earlier.parts), packages(now.parts)) : []),
  ];
  if (!changed.length) return;
  throw new FacewrightError({
    what: `The run was started with different options:\n    ${changed.slice(0, MOST_CHANGES).join('\n    ')}${changed.length > MOST_CHANGES ? `\n    and ${changed.length - MOST_CHANGES} more` : ''}`,
    where,
    todo: 'Resume with the same options and config, or start over with --force or another --out.',
  });
}

const MOST_CHANGES = 8;

async function makeRunDirectory(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found && !found.isDirectory())
    throw new FacewrightError({
      what: 'The output directory is a file.',
      where: path,
      todo: 'Choose another directory with --out.',
    });
  await makeDirectory(path).catch((error: unknown) => {
    throw new FacewrightError({
      what: `Cannot create the output directory: ${userErrorOf(error)?.what ?? messageOf(error)}`,
      where: path,
      todo: 'Choose a directory you can write to with --out.',
      cause: error,
    });
  });
}
