/** `facewright plan`: what a config's training will need, before it runs. */
import type { Command } from 'commander';
import { positiveNumber, presetOption, share, wholeNumber, withBatch, withCommon } from '../options.js';
import { lazily } from '../lazily.js';

export function addPlan(program: Command): void {
  withCommon(
    withBatch(
      program.command('plan').description('see what training will need before it runs: parameters, memory and time'),
    )
      .option('--data <dir>', 'prepared dataset, to count its people and images')
      .option('--classes <number>', 'number of people (default: those of the prepared dataset, else 1000)', wholeNumber)
      .option(
        '--memory <GB>',
        'memory limit of the process (default: the backend\'s "memory", else 80 % of what is free)',
        positiveNumber,
      )
      .option(
        '--sample-rate <share>',
        'share of the people that each step sees (default: each loss\'s "sampleRate")',
        share,
      )
      .option('--time', 'run a few steps of each stage here and estimate the training time'),
  )
    .addOption(presetOption())
    .addHelpText(
      'after',
      `
With xla, the step is compiled and the figures come from XLA's compiler, for one device. With any other engine, they are for onnx and
cover the whole process. If it would exceed the memory limit, the engine computes part of the forward pass twice ("recomputed"),
which gives the same numbers. With --micro-batch, batch norm uses the statistics of each part.
--time does not include preparing photos and verification. A stage may end earlier if its loss levels off.

Examples:
  facewright plan
  facewright plan --preset paper --classes 85000
  facewright plan --data run/dataset --time
  facewright plan --backend xla --classes 68000 --batch 512
  facewright plan --preset full --classes 1000000 --sample-rate 0.1
  facewright plan --preset full --batch 512 --micro-batch 64 --classes 10575 --memory 11
  facewright plan --config facewright.config.ts --data run/dataset --json`,
    )
    .action(lazily(() => import('../actions/plan.js')));
}
