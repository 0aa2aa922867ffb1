/** `facewright identify`: identifies the faces in photos among the people of a gallery. */
import { InvalidArgumentError, type Command } from 'commander';
import { lazily } from '../lazily.js';
import { rate, withCommon } from '../options.js';

function cosine(text: string): number {
  const value = Number(text);
  if (!(Math.abs(value) <= 1)) throw new InvalidArgumentError('Expected a cosine between -1 and 1.');
  return value;
}

export function addIdentify(program: Command): void {
  withCommon(
    program
      .command('identify')
      .description('name the faces in photos, from a gallery of people')
      .argument('[photos...]', 'photos, or folders of them')
      .requiredOption('--model <path>', 'model directory, a run, or weights that "facewright import" reads')
      .requiredOption('--gallery <path>', 'a folder with one subfolder per person, or a gallery saved by --save')
      .option(
        '--far <rate>',
        'false accept rate of a comparison, e.g. 1e-4 (default: the strictest measured, down to 1e-3)',
        rate,
      )
      .option('--threshold <cosine>', 'your own threshold instead of a rate, between -1 and 1', cosine)
      .option('--draw <dir>', 'write each photo with its faces and names drawn in')
      .option('--save <file>', 'save the gallery as one file of embeddings, e.g. people.safetensors')
      .option('--forget <name...>', 'remove people from the gallery; a gallery file is rewritten without them'),
  )
    .addHelpText(
      'after',
      `
The thresholds come from the model's card, where "facewright evaluate" records them. The rate is
for a single comparison. A stranger is compared with everyone in the gallery: with 1,000 people, use a rate 1,000 times smaller.

Examples:
  facewright identify party.jpg --model run/model --gallery people/
  facewright identify photos/ --model run/model --gallery people/ --draw found/ --save people.safetensors
  facewright identify new/ --model run/model --gallery people.safetensors --far 1e-4 --json
  facewright identify --model run/model --gallery people.safetensors --forget "Ada Lovelace"`,
    )
    .action(lazily(() => import('../actions/identify.js')));
}
