/** `facewright pairs`: selects verification pairs from any folder of people. */
import { InvalidArgumentError, type Command } from 'commander';
import { wholeNumber } from '../options.js';
import { lazily } from '../lazily.js';

export function addPairs(program: Command): void {
  program
    .command('pairs')
    .description('draw a list of pairs for "evaluate" from photos of people')
    .requiredOption('--data <path>', 'folder or zip file with one subfolder per person')
    .requiredOption('--out <file>', 'the list')
    .option(
      '--count <number>',
      'total number of pairs: half of the same person, half of different people',
      atLeast(4),
      6000,
    )
    .option('--folds <number>', 'number of folds, which share no people', atLeast(2), 10)
    .option('--seed <number>', 'seed of the selection', wholeNumber, 1)
    .option('--json', 'print one JSON document on standard output, and nothing else there')
    .option('--quiet', 'no progress, only warnings and errors')
    .addHelpText(
      'after',
      `
A line is "pathA<TAB>pathB<TAB>1<TAB>fold" for one person, 0 for two. The same folder and seed give the same list.

Examples:
  facewright pairs --data photos/ --out pairs.txt
  facewright pairs --data lfw-112x112.zip --out pairs.txt --count 20000 --seed 7
  facewright evaluate --model run/model --pairs pairs.txt --images photos/`,
    )
    .action(lazily(() => import('../actions/pairs.js')));
}
function atLeast(least: number): (text: string) => number {
  return (text) => {
    const value = wholeNumber(text);
    if (value < least) throw new InvalidArgumentError(`Expected an integer of at least ${least}.`);
    return value;
  };
}
