/** `facewright clean`: lists and shows problems in a dataset of faces. */
import type { Command } from 'commander';
import { lazily } from '../lazily.js';
import { rate, withCommon } from '../options.js';

export function addClean(program: Command): void {
  withCommon(
    program
      .command('clean')
      .description('find wrong labels, people in two folders, repeated and poor photos, without changing the data')
      .requiredOption('--data <path>', 'prepared dataset, or a folder, .zip, .tar or .rec of people')
      .requiredOption('--model <path>', 'model directory, a run, or weights that "facewright import" reads')
      .option('--against <path>', 'a benchmark, e.g. lfw.zip: look for its people in the data')
      .option('--out <dir>', 'where to write clean.json and clean.html', 'clean')
      .option('--far <rate>', 'false accept rate at which two photos count as the same person', rate, 1e-4),
  )
    .addHelpText(
      'after',
      `
clean.html shows what was found. "edits" at the end of clean.json lists the changes it suggests: photos to "drop", people to
"dropPeople" and people to "merge". Edit them as you like, then pass the file with --edits to prepare, train, run or "dataset
convert", which read the same data with these changes. Photos are named by their paths in the data.

Use a model that was trained on other people. One trained on this data has learned its wrong labels too.

Examples:
  facewright clean --data run/dataset --model run/model
  facewright clean --data photos/ --model w600k_mbf.onnx --against lfw.zip --out clean
  facewright train --data run/dataset --edits clean/clean.json --out run-2
  facewright dataset convert photos.zip --to folder --edits clean/clean.json --out cleaned`,
    )
    .action(lazily(() => import('../actions/clean.js')));
}
