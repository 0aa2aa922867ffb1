/**
 * A preparation as it stands in a queue, and one part of it done by a worker. A job is data: it can name only plugins
 * that are built in or that the worker's own config lists, and is checked like a config file.
 */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { FacewrightError, parseOptions, type RunConfigInput } from '@facewright/core';
import { DirectoryTaken } from '@facewright/platform/node';
import { partDirectory, type PartNumber } from '@facewright/preprocess';
import { closedLibrary, prepareStage, PRESET_NAMES, type PluginPackage } from '@facewright/run';
import { z } from 'zod';
import { builtins } from './builtins.js';
import { openPreparation } from './open-preparation.js';
import type { Session } from './session.js';

const jobSchema = z.strictObject({
  version: z.literal(1),
  /** The config as given, whose own values are checked when it is used. */
  given: z.record(z.string(), z.unknown()),
  baseDirectory: z.string(),
  where: z.string(),
  preset: z.enum(PRESET_NAMES),
  minPhotos: z.int().min(1).optional(),
  /** The directory of the parts. */
  parts: z.string(),
  /** Whether finished parts are made anew. */
  replace: z.boolean(),
});
export type PreparationJob = z.output<typeof jobSchema>;

export const isThere = (parts: string, part: PartNumber): Promise<boolean> =>
  access(join(partDirectory(parts, part), 'dataset.json')).then(
    () => true,
    () => false,
  );

/** Prepares the part, unless another process is at it. `own` are the plugins that the worker's config lists. */
export async function preparePart(
  preparation: unknown,
  part: PartNumber,
  own: readonly PluginPackage[],
  session: Pick<Session, 'signal' | 'onEvent'>,
  progress: (done: number, total: number) => void,
): Promise<'done' | 'taken'> {
  const { given, baseDirectory, where, preset, minPhotos, parts, replace } = parseOptions(
    jobSchema,
    preparation,
    'a job of the queue',
  );
  const { plugins: _, ...config } = given as RunConfigInput;
  const library = closedLibrary(
    [...own, ...builtins],
    `${where}, from the queue`,
    'To use others, list them under "plugins" in the config of the worker: facewright worker --config <file>.',
  );
  const loaded = { given: config, baseDirectory, where };
  const { composition, events } = await openPreparation(loaded, { preset, minPhotos }, session, { library });
  events.subscribe((event) => {
    if (event.type === 'progress' && event.task === 'prepare') progress(event.done, event.total ?? event.done);
  });
  try {
    await prepareStage(composition, { directory: partDirectory(parts, part), replace, part, whenTaken: 'give-up' });
    return 'done';
  } catch (error) {
    if (error instanceof DirectoryTaken) return 'taken';
    throw error;
  } finally {
    await composition.dispose();
  }
}

/** A config as JSON. Throws a `FacewrightError` if it has values that another machine cannot be sent. */
export function sendable(given: RunConfigInput, where: string): PreparationJob['given'] {
  const sent = JSON.parse(JSON.stringify(given)) as PreparationJob['given'];
  for (const [key, value] of Object.entries(given))
    if (typeof value === 'function' || (value !== undefined && !(key in sent)))
      throw new FacewrightError({
        what: `"${key}" cannot be sent to other machines.`,
        where,
        todo: 'Use names and plain values in the config of a queue.',
      });
  return sent;
}
