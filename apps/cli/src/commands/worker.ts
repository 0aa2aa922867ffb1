/** `facewright worker`: prepares parts from a queue. */
import { Option, type Command } from 'commander';
import { lazily } from '../lazily.js';

export function addWorker(program: Command): void {
  program
    .command('worker')
    .description('prepare parts from a queue, on as many machines as you like')
    .addOption(queueOption().env('FACEWRIGHT_QUEUE').makeOptionMandatory())
    .option('--until-empty', 'end when no part is left, rather than waiting for more')
    .option('--config <file>', 'config file whose plugins the parts may use')
    .option('--json', 'print one JSON document on standard output, and nothing else there')
    .option('--quiet', 'no progress, only warnings and errors')
    .addHelpText(
      'after',
      `
"facewright prepare --queue" fills the queue. All machines have to see the photos and the parts under the same paths. A
worker can be started, stopped and killed at any time: its part goes to another one.

Whoever can write to the queue decides what its workers read and write. Protect Redis with a password, which is best
given in the environment variable FACEWRIGHT_QUEUE_PASSWORD, and use TLS (rediss://) outside of a private network.

Examples:
  facewright worker --queue redis://queue-host
  facewright worker --queue rediss://user@queue-host:6380/2 --until-empty`,
    )
    .action(lazily(() => import('../actions/worker.js')));
}

export const queueOption = (): Option =>
  new Option('--queue <url>', 'queue of parts in Redis or Valkey, e.g. redis://host:6379');
