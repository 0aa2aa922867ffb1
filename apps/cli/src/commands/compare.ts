/** `facewright compare`: which of several recipes wins over the seeds they were run with. */
import type { Command } from 'commander';
import { lazily } from '../lazily.js';

export function addCompare(program: Command): void {
  program
    .command('compare')
    .description('see which of several recipes wins over the seeds they were run with')
    .argument('<directories...>', 'run directories, or directories that contain several')
    .option('--out <file>', 'the page', 'comparison.html')
    .option('--open', 'open the page in the browser')
    .option('--json', 'print one JSON document on standard output, and nothing else there')
    .addHelpText(
      'after',
      `
Runs whose configs differ only in the seed count as one recipe. Recipes are compared on the seeds they share.
The accuracy is that of evaluation/evaluation.json in the run, if there is one: "facewright evaluate --out <run>/evaluation" writes it for any pairs.

Examples:
  for seed in 1 2 3; do
    facewright run --data photos/dataset --out runs/softmax-$seed --config softmax.json --seed $seed
    facewright run --data photos/dataset --out runs/switch-$seed --config switch.json --seed $seed
  done
  facewright compare runs/ --out comparison.html`,
    )
    .action(lazily(() => import('../actions/compare.js')));
}
