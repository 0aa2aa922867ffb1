/** `facewright model info`: a model's layers, parameters and multiply–adds, without training. */
import type { Command } from 'commander';
import { lazily } from '../lazily.js';

export function addModel(program: Command): void {
  program
    .command('model')
    .description('inspect models')
    .command('info')
    .description('layers, parameters and multiply–adds of a model')
    .argument('[name]', 'mobilefacenet or mobilenetv2', 'mobilefacenet')
    .option('--options <json>', 'its options, as in the config')
    .option('--json', 'print one JSON document on standard output, and nothing else there')
    .addHelpText(
      'after',
      `
Examples:
  facewright model info
  facewright model info mobilefacenet --options '{"variant":"S","inputSize":[112,96]}'`,
    )
    .action(lazily(() => import('../actions/model.js')));
}
