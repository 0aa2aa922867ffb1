/** Implements `facewright prepare`: turns photos into a dataset directory. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createEventStream, FacewrightError, parseRunConfig, type Exclusion } from '@facewright/core';
import { backendFor, composeForData, prepareStage, presetOf, recogniseData } from '@facewright/run';
import { builtins } from '../builtins.js';
import { configOf, requireData } from '../config-of.js';
import { withSession } from '../session.js';
import type { PresetName } from '@facewright/run';
import type { CommonOptions, DataOptions } from '../options.js';

export interface PrepareOptions extends CommonOptions, DataOptions {
  readonly out: string;
  readonly preset: PresetName;
  readonly force?: boolean;
}

/** Photos left out that `--json` lists; the dataset lists them all. */
const SHOWN = 1000;

export default (options: PrepareOptions) =>
  withSession(options, async ({ signal, onEvent, print }) => {
    // --out is the dataset here, not the run that the config may name
    const { given, baseDirectory, where } = await configOf({ ...options, out: undefined });
    const data = await recogniseData(requireData(given), baseDirectory, { flat: true });
    if (data.prepared)
      throw new FacewrightError({
        what: 'This is already a prepared dataset.',
        where: data.prepared,
        todo: 'Train on it: facewright train --data <it> --out <dir>.',
      });
    const directory = resolve(options.out);
    if (!options.force && existsSync(join(directory, 'dataset.json'))) {
      throw new FacewrightError({
        what: 'There is already a dataset here.',
        where: directory,
        todo: 'Use --force to replace it, or choose another directory with --out.',
      });
    }
    const events = createEventStream();
    events.subscribe(onEvent);
    const exclusions: Exclusion[] = [];
    events.subscribe((event) => {
      if (event.type !== 'prepare.excluded' || exclusions.length === SHOWN) return;
      const { photo, identity, reason, detail } = event;
      exclusions.push({ photo, identity, reason, ...(detail !== undefined && { detail }) });
    });
    const scope = { builtins, events, signal, baseDirectory, where, plugins: [] };
    const backend = await backendFor(parseRunConfig(given, where), scope);
    const config = parseRunConfig(
      { ...(await presetOf(backend.plugin, options.preset)).config, ...data.config, ...given },
      where,
    );
    const { minPhotos } = options;
    const { composition, notice } = await composeForData(config, backend, scope, { given, minPhotos, prepares: true });
    if (notice) events.emit('notice', notice);
    try {
      const summary = await prepareStage(composition, { directory, replace: options.force ?? false });
      print(`dataset: ${directory}`);
      return { json: { directory, ...summary, exclusions } };
    } finally {
      await composition.dispose();
    }
  });
