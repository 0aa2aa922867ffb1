/** `facewright prepare`: photos to a dataset directory. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { createEventStream, FacewrightError, parseRunConfig } from '@facewright/core';
import { backendFor, compose, prepareStage, type PresetName, presetOf, recogniseData } from '@facewright/run';
import { builtins } from '../builtins.js';
import {
  configOf,
  presetOption,
  requireData,
  withCommon,
  withData,
  type CommonOptions,
  type DataOptions,
} from '../options.js';
import { withSession } from '../session.js';

interface PrepareOptions extends CommonOptions, DataOptions {
  readonly out: string;
  readonly preset: PresetName;
  readonly force?: boolean;
}

export function addPrepare(program: Command): void {
  withCommon(
    withData(
      program.command('prepare').description('detect, align and tier photos into a dataset directory'),
    ).requiredOption('--out <dir>', 'directory of the dataset'),
  )
    .addOption(presetOption())
    .addOption(new Option('--force', 'replace a dataset in --out'))
    .addHelpText(
      'after',
      `
Photos of more than 256 MB, 120 megapixels or 20,000 pixels a side are left out. Change that in the config: limits.maxBytes,
limits.maxPixels, limits.maxSide.

Examples:
  facewright prepare --data photos/ --out run/dataset
  facewright prepare --data celebrity/celebrity_lmk --out run/dataset --json
  facewright prepare --data crops/ --aligned --out run/dataset
  facewright prepare --data lfw-112x112.zip --aligned --out lfw

A folder of photos without people's folders is taken too, each photo as a person of its own: its faces are aligned, and cannot be trained on.`,
    )
    .action((options: PrepareOptions) =>
      withSession(options, async ({ signal, onEvent, print }) => {
        // --out is the dataset here, not the run that the config may name
        const { given, baseDirectory, where } = await configOf({ ...options, out: undefined });
        const data = await recogniseData(requireData(given), baseDirectory, { flat: true });
        if (data.prepared)
          throw new FacewrightError({
            what: 'This is a prepared dataset already.',
            where: data.prepared,
            todo: 'Train on it: facewright train --data <it> --out <dir>.',
          });
        const directory = resolve(options.out);
        if (!options.force && existsSync(join(directory, 'dataset.json'))) {
          throw new FacewrightError({
            what: 'There is a dataset here already.',
            where: directory,
            todo: 'Replace it by --force, or choose another directory by --out.',
          });
        }
        const events = createEventStream();
        events.subscribe(onEvent);
        const scope = { builtins, events, signal, baseDirectory, where, plugins: [] };
        const backend = await backendFor(parseRunConfig(given, where), scope);
        const config = parseRunConfig({ ...presetOf(backend, options.preset).config, ...data.config, ...given }, where);
        const composition = await compose(config, backend, scope);
        try {
          const { exclusions, ...summary } = await prepareStage(composition, { directory });
          print(`dataset: ${directory}`);
          return { json: { directory, ...summary, exclusions } };
        } finally {
          await composition.dispose();
        }
      }),
    );
}
