/** `facewright train`: a prepared dataset to a model. */
import { Option, type Command } from 'commander';
import { FacewrightError, messageOf, type RunConfigInput } from '@facewright/core';
import { recogniseData, type PresetName } from '@facewright/run';
import { createRun } from '../create-run.js';
import {
  configOf,
  loggerOption,
  presetOption,
  requireData,
  withBatch,
  withCommon,
  type BatchOptions,
  type CommonOptions,
} from '../options.js';
import { withSession } from '../session.js';

interface TrainOptions extends CommonOptions, BatchOptions {
  readonly data?: string;
  readonly out?: string;
  readonly preset: PresetName;
  readonly logger?: string[];
  readonly from?: string;
  readonly stages?: string;
  readonly resume?: boolean;
  readonly force?: boolean;
}

export function addTrain(program: Command): void {
  withCommon(
    withBatch(
      program
        .command('train')
        .description('train on a prepared dataset, with people held out for "evaluate"')
        .option('--data <dir>', 'dataset directory that "prepare" made')
        .option('--out <dir>', 'directory of the run (default: facewright-run)'),
    ),
  )
    .option('--from <path>', 'fine-tune: begin from a model directory, a checkpoint, or the newest checkpoint of a run')
    .option('--stages <json>', 'the stages, as in a config')
    .addOption(presetOption())
    .addOption(loggerOption())
    .option('--resume', 'go on from the last checkpoint in --out')
    .addOption(new Option('--force', 'remove the files of an earlier training in --out first').conflicts('resume'))
    .addHelpText(
      'after',
      `
Examples:
  facewright train --data run/dataset --out run/
  facewright train --data run/dataset --out run/ --resume
  facewright train --data new/dataset --out tuned/ --from run/ --stages '[{"loss":"arcface","rate":1e-4,"freeze":{"steps":100},"until":{"epochs":2}}]'
  facewright train --data run/dataset --out run/ --preset full --batch 512 --micro-batch 64
  facewright train --data run/dataset --out run/ --config facewright.config.ts --json`,
    )
    .action((options: TrainOptions) =>
      withSession(options, async ({ signal, onEvent, print }) => {
        const { given, baseDirectory, where } = await configOf({
          ...options,
          stages: options.stages === undefined ? undefined : stagesFrom(options.stages),
        });
        const { prepared } = await recogniseData(requireData(given), baseDirectory);
        if (!prepared)
          throw new FacewrightError({
            what: 'This is no prepared dataset: it has no dataset.json.',
            where: given.data,
            todo: 'Make one by "facewright prepare", or do all at once by "facewright run".',
          });
        const run = await createRun({
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
        const result = await run.start();
        print(`model: ${result.model}\nreport: ${result.report}`);
        return { json: result };
      }),
    );
}

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
    throw new FacewrightError({ what: 'This is no list of stages.', where: '--stages', todo });
  return stages as RunConfigInput['stages'];
}
