/** `facewright run`: everything from photos to the report. */
import { Option, type Command } from 'commander';
import { fromOption, loggerOption, openOption, presetOption, withBatch, withCommon, withData } from '../options.js';
import { lazily } from '../lazily.js';

export function addRun(program: Command): void {
  withCommon(
    withBatch(
      withData(program.command('run').description('prepare, train, verify and report, from photos to a model'), {
        prepared: true,
      })
        .addOption(
          new Option('--sample', 'draw a sample of people and run on it').conflicts(['data', 'reader', 'aligned']),
        )
        .option(
          '--out <dir>',
          'run directory (default: facewright-run; with --sample: facewright-sample, which is reused each time)',
        ),
    ),
  )
    .addOption(fromOption())
    .addOption(presetOption())
    .addOption(loggerOption())
    .option('--resume', 'resume the interrupted run in --out')
    .addOption(new Option('--force', 'first remove the files of an earlier run in --out').conflicts('resume'))
    .addOption(openOption())
    .addHelpText(
      'after',
      `
Examples:
  facewright run --sample
  facewright run --data photos/ --out run/
  facewright run --data photos/ --out run/ --from w600k_mbf.onnx --faces largest
  facewright run --data photos/ --out run/ --resume
  facewright run --data celebrity/celebrity_lmk --out run/ --config facewright.config.ts --json`,
    )
    .action(lazily(() => import('../actions/run.js')));
}
