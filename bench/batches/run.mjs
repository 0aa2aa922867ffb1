// Batches of 112×112 crops from shards, compared with a PyTorch DataLoader with OpenCV on the same bytes, in turn:
//   node bench/batches/run.mjs [--rounds 3] [--batch 128] [--threads 2] [--seconds 8]
//
// Both read at random positions, decode to RGB, mirror half of the images and return uint8 batches. Needs
// ../shared/data/lfw and a built workspace.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { machine, median } from '../support/figures.mjs';
import { pythonWith } from '../support/python.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    batch: { type: 'string', default: '128' },
    threads: { type: 'string', default: String(availableParallelism()) },
    seconds: { type: 'string', default: '8' },
    venv: { type: 'string' },
  },
});
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const out = here('../../node_modules/.cache/bench-batches');
const dataset = `${out}/lfw`;
if (!existsSync(dataset)) {
  mkdirSync(out, { recursive: true });
  const cli = here('../../apps/cli/bin/facewright.js');
  const crops = here('../../../shared/data/lfw/lfw-112x112.zip');
  execFileSync(process.execPath, [cli, 'dataset', 'convert', crops, '--to', 'dataset', '--out', dataset], {
    stdio: 'inherit',
  });
}
const python = pythonWith('batches', ['torch==2.13.0', 'numpy', 'opencv-python-headless==5.0.0.93'], {
  venv: values.venv,
});
const options = ['--threads', values.threads, '--batch', values.batch, '--seconds', values.seconds];
const measure = (command, args) =>
  JSON.parse(execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }));
const CONTENDERS = {
  facewright: () => measure(process.execPath, [here('ours.mjs'), dataset, ...options]),
  'DataLoader with OpenCV': () => measure(python, [here('loader.py'), dataset, ...options]),
};

console.log(`${machine()}; Node ${process.version}; batch ${values.batch}, ${values.threads} threads or processes`);
const ratios = [];
for (let round = 0; round < Number(values.rounds); round++) {
  const load = loadavg()[0].toFixed(1);
  const results = Object.entries(CONTENDERS).map(([name, run]) => [name, run()]);
  const [ours, theirs] = results.map(([, { imagesPerSecond }]) => imagesPerSecond);
  ratios.push(ours / theirs);
  const text = results.map(([name, { imagesPerSecond, cpuMillisecondsPerImage, decoder }]) =>
    [
      `${name}: ${Math.round(imagesPerSecond)} images/s`,
      cpuMillisecondsPerImage && `${cpuMillisecondsPerImage.toFixed(3)} ms of CPU each`,
      decoder,
    ]
      .filter(Boolean)
      .join(', '),
  );
  console.log(`round ${round + 1} (load ${load}): ${text.join('; ')}; ratio ${(ours / theirs).toFixed(2)}`);
}
console.log(`median ratio: ${median(ratios).toFixed(2)}`);
