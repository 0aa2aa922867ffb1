/** `facewright evaluate`: verification accuracy of a trained model. */
import { Option, type Command } from 'commander';
import { withCommon } from '../options.js';
import { lazily } from '../lazily.js';

export function addEvaluate(program: Command): void {
  withCommon(
    program
      .command('evaluate')
      .description('measure how well a model tells people apart, on pairs of photos, templates or a dataset')
      .requiredOption('--model <dir>', 'model directory, or a run')
      .option(
        '--pairs <file>',
        'LFW\'s pairs.txt, an InsightFace .bin, or lines "pathA pathB 1" (same) or 0 (different); with --templates "templateA templateB"',
      )
      .option(
        '--templates <file>',
        'lines "image template person": a template\'s images are averaged; without --pairs all pairs of templates are compared',
      )
      .option('--images <path>', 'folder or zip file with the images of the lists (default for a .bin: the .bin)')
      .option('--aligned', 'all images are aligned (default: only those with the aligned size)')
      .option('--no-aligned', 'no image is aligned: detect and align each')
      .addOption(
        new Option('--data <dir>', 'prepared dataset: draws pairs of the people held out of training').conflicts([
          'pairs',
          'images',
          'templates',
        ]),
      )
      .addOption(
        new Option(
          '--without <dataset>',
          'leave out pairs that show people in this prepared dataset, which the model was trained on',
        ).conflicts('data'),
      )
      .option(
        '--groups <file>',
        'lines "image,group" or "person,group": accuracy, false accepts and false rejects of each group, all at the same threshold',
      )
      .option('--identify', 'also measure identification: how often a face is found among the enrolled people')
      .option('--flip', 'add the embeddings of each image and its mirror image: twice the work, slightly more accurate')
      .option('--out <dir>', 'write evaluation.json, report.html, every score and contact sheets of the worst pairs')
      .option('--open', 'open the report of --out in the browser'),
  )
    .addHelpText(
      'after',
      `
Examples:
  facewright evaluate --model run/model --pairs pairs.txt --images lfw-112x112.zip --json
  facewright evaluate --model run/model --pairs pairs.txt --images lfw/ --no-aligned --flip
  facewright evaluate --model run/model --pairs agedb_30.bin --out run/agedb
  facewright evaluate --model run/model --pairs pairs.txt --images lfw-112x112.zip --without run/dataset
  facewright evaluate --model run/model --templates templates.txt --pairs template-pairs.txt --images ijb/
  facewright evaluate --model run/model --data run/dataset
  facewright evaluate --model run/model --pairs pairs.txt --images lfw/ --groups groups.csv --identify

The accuracy is recorded in the model's card, model.json. A true accept rate at a false accept rate needs enough different pairs:
1,000 for 1e-3, a million for 1e-6. With --groups, a pair counts for a group if both its images belong to it; rates have 95 % intervals.
--identify enrols half of the people with one photo each and looks for all other photos, five times (FPIR and FNIR as in NIST FRVT 1:N).
"facewright pairs" makes a list of pairs from any folder of people.`,
    )
    .action(lazily(() => import('../actions/evaluate.js')));
}
