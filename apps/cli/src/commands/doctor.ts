/** `facewright doctor`: what works on this machine, what does not, why, and how to fix it. */
import type { Command } from 'commander';
import { lazily } from '../lazily.js';

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('see which engines work here, and how to get the others')
    .option(
      '--config <file>',
      'config file: its engine, and those of its "plugins" (default: facewright.config.* in the working directory)',
    )
    .option('--json', 'print one JSON document on standard output, and nothing else there')
    .addHelpText(
      'after',
      `
The exit code is 0 if training works here, else 1.

Examples:
  facewright doctor
  facewright doctor --config my.config.ts
  facewright doctor --json | jq '.engines[] | select(.usable) | .name'`,
    )
    .action(lazily(() => import('../actions/doctor.js')));
}
