/** `facewright setup`: fetches what an engine needs and npm does not bring. */
import { Argument, type Command } from 'commander';
import { lazily } from '../lazily.js';

export function addSetup(program: Command): void {
  program
    .command('setup')
    .description('fetch what an engine needs beside this package, into the cache')
    .addArgument(new Argument('<engine>', "node-gpu: TensorFlow's library, through pip").choices(['node-gpu']))
    .option('--cpu', 'for a machine without an NVIDIA GPU: 0.9 GB instead of 5.7')
    .option(
      '--without-driver',
      'for a GPU that is in another machine: fetch everything though this one has no NVIDIA driver',
    )
    .option('--json', 'print one JSON document on standard output, and nothing else there')
    .addHelpText(
      'after',
      `
Without --cpu it needs an NVIDIA GPU with its driver, and fetches TensorFlow's GPU build and CUDA's libraries: about 3 GB, kept as 5.7.
Everything goes into one directory under FACEWRIGHT_CACHE, or the user's cache directory; removing it undoes the set-up.

Examples:
  facewright setup node-gpu --cpu
  facewright setup node-gpu`,
    )
    .action(lazily(() => import('../actions/setup.js')));
}
