/** Implements `facewright prepare`: turns photos into a dataset directory. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { countOf, FacewrightError, type Exclusion } from '@facewright/core';
import { configOf, requireData } from '../config-of.js';
import { partNumber } from '../part-number.js';
import { withSession } from '../session.js';
import type { PresetName } from '@facewright/run';
import type { CommonOptions, DataOptions } from '../options.js';

export interface PrepareOptions extends CommonOptions, DataOptions {
  readonly out: string;
  readonly preset: PresetName;
  readonly force?: boolean;
  readonly part?: string;
  readonly queue?: string;
  /** With `queue`. */
  readonly parts?: number;
}

/** Photos left out that `--json` lists; the dataset lists them all. */
const SHOWN = 1000;

const again = 'Run the same command again. It continues with the photos that are left.';

export default (options: PrepareOptions) =>
  withSession({ ...options, again }, async (session) => {
    const part = options.part === undefined ? undefined : partNumber(options.part);
    const out = resolve(options.out);
    if (!options.force) requireFree(out);
    const { queue } = options;
    if (options.parts !== undefined && queue === undefined) throw partsWithoutQueue();
    // --out is the dataset here, not the run that the config may name
    const config = await configOf({ ...options, out: undefined });
    requireData(config.given);
    const directory = part ? (await import('@facewright/preprocess')).partDirectory(out, part) : out;
    if (queue !== undefined) {
      const { prepareByQueue } = await import('../prepare-by-queue.js');
      const { summary, parts } = await prepareByQueue({ ...options, queue }, session);
      session.print(
        `dataset: ${directory}, ${countOf(summary.images, 'image')} of ${countOf(summary.identities, 'person')}`,
      );
      return { json: { directory, parts, ...summary } };
    }
    const [{ openPreparation }, { prepareStage }] = await Promise.all([
      import('../open-preparation.js'),
      import('@facewright/run'),
    ]);
    const { composition, events } = await openPreparation(config, options, session);
    const exclusions: Exclusion[] = [];
    events.subscribe((event) => {
      if (event.type !== 'prepare.excluded' || exclusions.length === SHOWN) return;
      const { photo, identity, reason, detail } = event;
      exclusions.push({ photo, identity, reason, ...(detail !== undefined && { detail }) });
    });
    try {
      const summary = await prepareStage(composition, {
        directory,
        replace: options.force ?? false,
        ...(part && { part }),
      });
      session.print(part ? `part ${part.number} of ${part.of}: ${directory}` : `dataset: ${directory}`);
      return { json: { directory, ...summary, exclusions } };
    } finally {
      await composition.dispose();
    }
  });

const partsWithoutQueue = (): FacewrightError =>
  new FacewrightError({
    what: '--parts is the number of parts in a queue, but there is no --queue.',
    where: 'the command line',
    todo: 'Add --queue <url>, or prepare one part with --part <i/n>.',
  });

function requireFree(directory: string): void {
  if (!existsSync(join(directory, 'dataset.json'))) return;
  throw new FacewrightError({
    what: 'There is already a dataset here.',
    where: directory,
    todo: 'Use --force to replace it, or choose another directory with --out.',
  });
}
