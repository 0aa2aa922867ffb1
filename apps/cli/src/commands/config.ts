/** `facewright config`: a config with its defaults, and what its keys mean. */
import type { Command } from 'commander';
import { lazily } from '../lazily.js';

export function addConfig(program: Command): void {
  program
    .command('config')
    .description('check a config and print it with all defaults, or explain keys')
    .option('--explain [key]', 'type, default and meaning of a key and those inside it, or of all keys')
    .option('--config <file>', 'config file (default: facewright.config.* in the working directory)')
    .option('--json', 'print one JSON document on standard output, and nothing else there')
    .addHelpText(
      'after',
      `
Examples:
  facewright config
  facewright config --explain
  facewright config --explain stages.until
  facewright config --explain batch --json`,
    )
    .action(lazily(() => import('../actions/config.js')));
}
