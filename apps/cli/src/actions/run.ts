/** Implements `facewright run`: everything from photos to the report. */
import { ending } from '../ending.js';
import { configOf, requireData } from '../config-of.js';
import { withImportedWeights } from '../weights-to-begin-from.js';
import { RESUME, withSession } from '../session.js';
import { together } from '../together.js';
import type { LoadedConfig } from '@facewright/platform/node';
import type { PresetName, Run } from '@facewright/run';
import type { BatchOptions, CommonOptions, DataOptions } from '../options.js';

export interface RunOptions extends CommonOptions, DataOptions, BatchOptions {
  readonly sample?: boolean;
  readonly out?: string;
  readonly from?: string;
  readonly preset: PresetName;
  readonly logger?: string[];
  readonly resume?: boolean;
  readonly force?: boolean;
  readonly open?: boolean;
}

export default (options: RunOptions) =>
  withSession({ ...options, again: RESUME }, async ({ signal, onEvent, print }) => {
    const open = async (config: LoadedConfig): Promise<Run> => {
      const { given, baseDirectory, where } = await withImportedWeights(config, onEvent);
      if (!options.sample) requireData(given, 'Add --data <folder of people>, or --sample for drawn people.');
      const { createRun } = await import('../create-run.js');
      return createRun({
        config: given,
        baseDirectory,
        where,
        signal,
        onEvent,
        sample: options.sample,
        preset: options.preset,
        minPhotos: options.minPhotos,
        resume: options.resume,
        force: options.force,
        command: 'run',
      });
    };
    const run = await together(() => configOf(options), open);
    const result = await run.start();
    if (run.rank > 0) return { json: undefined };
    print(ending(result));
    if (options.open) await (await import('../open-browser.js')).openPage(result.report, print);
    return { json: result };
  });
