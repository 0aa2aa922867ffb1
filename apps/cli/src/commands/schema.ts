/** `facewright schema`: the JSON schema of a config, for editors. */
import type { Command } from 'commander';
import { lazily } from '../lazily.js';

export function addSchema(program: Command): void {
  program
    .command('schema')
    .description('write the JSON schema of a config, with the options of every part, for editors')
    .option('--out <file>', 'the file to write (default: standard output)')
    .option(
      '--config <file>',
      'config file whose "plugins" to include (default: facewright.config.* in the working directory)',
    )
    .addHelpText(
      'after',
      `
Name the file in a config: "$schema": "./facewright.schema.json" in JSON, or in YAML a first line
# yaml-language-server: $schema=./facewright.schema.json

Examples:
  facewright schema --out facewright.schema.json
  facewright schema --config my.config.json --out facewright.schema.json`,
    )
    .action(lazily(() => import('../actions/schema.js')));
}
