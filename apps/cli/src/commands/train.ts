/** `facewright train`: trains a model on a prepared dataset. */
import { Option, type Command } from 'commander';
import { editsOption, fromOption, loggerOption, openOption, presetOption, withBatch, withCommon } from '../options.js';
import { lazily } from '../lazily.js';

export function addTrain(program: Command): void {
  withCommon(
    withBatch(
      program
        .command('train')
        .description('train on a prepared dataset')
        .option('--data <dir>', 'dataset directory made by "prepare"')
        .addOption(editsOption())
        .option('--out <dir>', 'directory of the run (default: facewright-run)'),
    ),
  )
    .addOption(fromOption())
    .option('--stages <json>', 'the stages, as in a config')
    .addOption(presetOption())
    .addOption(loggerOption())
    .option('--resume', 'resume from the last checkpoint in --out')
    .addOption(new Option('--force', 'first remove the files of an earlier training in --out').conflicts('resume'))
    .addOption(openOption())
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
    .action(lazily(() => import('../actions/train.js')));
}
