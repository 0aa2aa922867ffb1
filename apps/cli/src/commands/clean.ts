/** `facewright clean`: lists and shows problems in a dataset of faces. */
import type { Command } from 'commander';
import { lazily } from '../lazily.js';
import { positiveNumber, withCommon } from '../options.js';

export function addClean(program: Command): void {
  withCommon(
    program
      .command('clean')
      .description('find wrong labels, people in two folders, repeated and poor photos, without changing the data')
      .requiredOption('--data <path>', 'prepared dataset, or a folder, .zip, .tar or .rec of people')
      .requiredOption('--model <path>', 'model directory, a run, or weights that "facewright import" reads')
      .option('--against <path>', 'a benchmark, e.g. lfw.zip, whose people to look for in the data')
      .option('--out <dir>', 'where to write clean.json and clean.html', 'clean')
      .option(
        '--far <rate>',
        'false accept rate of two photos, by which people count as the same',
        positiveNumber,
        1e-4,
      ),
  )
    .addHelpText(
      'after',
      `
clean.html shows what was found. The end of clean.json, "edits", says what follows from it: photos to "drop", "dropPeople",
people to "merge". Change it as you like, and give the file to prepare, train, run or "dataset convert": they read the same
data without the photos dropped and with the people merged. Photos are named by their paths in the data.

A model trained on other people judges best. One trained on these labels has learnt the wrong ones too.

Examples:
  facewright clean --data run/dataset --model run/model
  facewright clean --data photos/ --model w600k_mbf.onnx --against lfw.zip --out clean
  facewright train --data run/dataset --edits clean/clean.json --out run-2
  facewright dataset convert photos.zip --to folder --edits clean/clean.json --out cleaned`,
    )
    .action(lazily(() => import('../actions/clean.js')));
}
