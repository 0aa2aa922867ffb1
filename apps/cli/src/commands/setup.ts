/** `facewright setup`: downloads what an engine needs and npm does not include. */
import { Argument, Option, type Command } from 'commander';
import { lazily } from '../lazily.js';

const GPU_VARIANTS = ['cuda13', 'cuda12', 'rocm'];

export function addSetup(program: Command): void {
  program
    .command('setup')
    .description('download what an engine needs into the cache')
    .addArgument(
      new Argument(
        '<engine>',
        "node-gpu: TensorFlow's library; xla: a PJRT plugin. Both are installed with pip",
      ).choices(['node-gpu', 'xla']),
    )
    .option('--cpu', 'for the CPU: 0.9 GB of TensorFlow, or 0.2 GB of XLA for tests')
    .addOption(
      new Option('--cuda13', 'xla: for NVIDIA GPUs with driver 580 or newer; 4.5 GB').conflicts([
        'cpu',
        'cuda12',
        'rocm',
      ]),
    )
    .addOption(new Option('--cuda12', 'xla: for NVIDIA GPUs with driver 525 or newer; 5 GB').conflicts(['cpu', 'rocm']))
    .addOption(new Option('--rocm', 'xla: for AMD GPUs with ROCm 7 installed; 0.5 GB').conflicts(['cpu']))
    .option('--without-driver', 'for a GPU in another machine: download everything although this one has no driver')
    .option('--json', 'print one JSON document on standard output, and nothing else there')
    .addHelpText(
      'after',
      `
Everything goes into one directory under FACEWRIGHT_CACHE, or the user's cache directory. Removing that directory undoes the set-up.
node-gpu without --cpu needs an NVIDIA GPU with its driver. It fetches TensorFlow's GPU build and CUDA's libraries: a download of about 3 GB that takes 5.7 GB on disk.
xla takes one of --${GPU_VARIANTS.join(', --')} and --cpu. Machines with JAX installed need no set-up, because its plugins are used.

Examples:
  facewright setup xla --cuda13
  facewright setup node-gpu --cpu
  facewright setup node-gpu`,
    )
    .action(lazily(() => import('../actions/setup.js')));
}
