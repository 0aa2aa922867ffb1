/** `facewright plugins`: the parts that a config can name, where they come from, and their options. */
import { Option, type Command } from 'commander';
import { lazily } from '../lazily.js';

/** `PLUGIN_KINDS` of @facewright/core, which `--help` must not load. */
export const KINDS = [
  'reader',
  'detector',
  'aligner',
  'augmenter',
  'model',
  'loss',
  'optimiser',
  'criterion',
  'backend',
  'logger',
  'cluster',
] as const;

export function addPlugins(program: Command): void {
  program
    .command('plugins')
    .description('list the parts that a config can name, or show one with its options')
    .argument('[name]', 'name of a part, or of a package or file that has some, to see their options')
    .addOption(new Option('--kind <kind>', 'only parts of this kind').choices(KINDS))
    .option(
      '--config <file>',
      'config file whose "plugins" to include (default: facewright.config.* in the working directory)',
    )
    .option('--json', 'print one JSON document on standard output, and nothing else there')
    .addHelpText(
      'after',
      `
Examples:
  facewright plugins
  facewright plugins --kind loss
  facewright plugins arcface
  facewright plugins ./my-loss.ts
  facewright plugins --config my.config.ts --json`,
    )
    .action(lazily(() => import('../actions/plugins.js')));
}
