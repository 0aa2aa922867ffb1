/** Implements `facewright train`: trains a model on a prepared dataset. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { FacewrightError, messageOf, type RunConfigInput } from '@facewright/core';
import type { LoadedConfig } from '@facewright/platform/node';
import type { PresetName, Run } from '@facewright/run';
import { ending } from '../ending.js';
import { configOf, requireData } from '../config-of.js';
import { fileLink } from '../links.js';
import { withImportedWeights } from '../weights-to-begin-from.js';
import type { BatchOptions, CommonOptions } from '../options.js';
import { RESUME, withSession } from '../session.js';
import { together } from '../together.js';

export interface TrainOptions extends CommonOptions, BatchOptions {
  readonly data?: string;
  readonly edits?: string;
  readonly out?: string;
  readonly preset: PresetName;
  readonly logger?: string[];
  readonly from?: string;
  readonly stages?: string;
  readonly resume?: boolean;
  readonly force?: boolean;
  readonly open?: boolean;
}

export default (options: TrainOptions) =>
  withSession({ ...options, again: RESUME }, async ({ signal, onEvent, print }) => {
    const read = async (): Promise<LoadedConfig> =>
      configOf({ ...options, stages: options.stages === undefined ? undefined : stagesFrom(options.stages) });
    const open = async (config: LoadedConfig): Promise<Run> => {
      const { given, baseDirectory, where } = await withImportedWeights(config, onEvent);
      const data = requireData(given, 'Add --data <dir> with a dataset made by "facewright prepare".');
      if (data === undefined || isUnprepared(resolve(baseDirectory, data))) throw notPrepared(data ?? where);
      const { createRun } = await import('../create-run.js');
      return createRun({
        config: given,
        baseDirectory,
        where,
        signal,
        onEvent,
        preset: options.preset,
        resume: options.resume,
        force: options.force,
        trainOnly: true,
        command: 'train',
      });
    };
    const run = await together(read, open);
    const result = await run.start();
    if (run.rank > 0) return { json: undefined };
    print(`model: ${fileLink(result.model)}\n${ending(result)}`);
    if (options.open) await (await import('../open-browser.js')).openPage(result.report, print);
    return { json: result };
  });

/** Something else is there. What is not there at all is for the run to say. */
const isUnprepared = (path: string): boolean => existsSync(path) && !existsSync(join(path, 'dataset.json'));

const notPrepared = (where: string): FacewrightError =>
  new FacewrightError({
    what: 'This is not a prepared dataset: it has no dataset.json.',
    where,
    todo: 'Make one with "facewright prepare", or do everything in one go with "facewright run".',
  });

function stagesFrom(text: string): RunConfigInput['stages'] {
  const todo = 'Write them as in a config: [{"loss":"arcface","rate":1e-4,"until":{"epochs":2}}].';
  let stages: unknown;
  try {
    stages = JSON.parse(text);
  } catch (error) {
    throw new FacewrightError({
      what: `The stages are not JSON: ${messageOf(error)}.`,
      where: '--stages',
      todo,
      cause: error,
    });
  }
  if (!Array.isArray(stages))
    throw new FacewrightError({ what: 'This is not a list of stages.', where: '--stages', todo });
  return stages as RunConfigInput['stages'];
}
