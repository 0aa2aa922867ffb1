// Runs both sides in turn for several rounds, and prints the ratio of images per CPU-second (median of the rounds'
// ratios) and the peak memory. The machine should be otherwise idle.
//   node packages/backend-node-gpu/bench/train-vs-keras/compare.mjs --python <python with tensorflow_cpu 2.21.0 and keras> [--rounds 3] [--steps 8] [--batch 32] [--options '{}']
import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    rounds: { type: 'string', default: '3' },
    steps: { type: 'string', default: '8' },
    batch: { type: 'string', default: '32' },
    options: { type: 'string', default: '{"device":"cpu"}' },
  },
});
const { batch, steps } = values;

const last = (command, args) => {
  const lines = execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    .trim()
    .split('\n');
  console.log(lines.at(-1));
  return JSON.parse(lines.at(-1));
};
const rounds = Array.from({ length: Number(values.rounds) }, () => {
  const ours = last(process.execPath, [
    join(here, 'facewright.mjs'),
    '--batch',
    batch,
    '--steps',
    steps,
    '--options',
    values.options,
  ]);
  const theirs = last(values.python, [join(here, 'keras_train.py'), batch, steps]);
  return { ratio: ours.imagesPerCpuSecond / theirs.imagesPerCpuSecond, ours, theirs };
});
const median = (numbers) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
console.log(
  JSON.stringify({
    machine: `${cpus()[0].model}, ${availableParallelism()} threads, Node ${process.versions.node}`,
    ratio: median(rounds.map(({ ratio }) => ratio)),
    ratios: rounds.map(({ ratio }) => ratio),
    facewright: median(rounds.map(({ ours }) => ours.imagesPerCpuSecond)),
    keras: median(rounds.map(({ theirs }) => theirs.imagesPerCpuSecond)),
    facewrightMiB: Math.max(...rounds.map(({ ours }) => ours.peakMiB)),
    kerasMiB: Math.max(...rounds.map(({ theirs }) => theirs.peakMiB)),
  }),
);
