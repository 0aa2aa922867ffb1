// Training MobileFaceNet here and in PyTorch 2.13, in turn on the same machine: node bench/train-vs-pytorch/run.mjs --batch 32 --rounds 3
// Every measurement is a process of its own. PyTorch is given what makes it fastest: both memory formats, and jemalloc where it is installed, told to keep
// freed pages: where page faults are dear (a virtual machine) that doubles its rate.
import { execFileSync } from 'node:child_process';
import { availableParallelism, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { machine, median } from '../support/figures.mjs';
import { jemalloc, pythonWithTorch } from '../support/python.mjs';

const { values } = parseArgs({
  options: {
    batch: { type: 'string', default: '32' },
    rounds: { type: 'string', default: '3' },
    steps: { type: 'string', default: '5' },
    threads: { type: 'string', default: String(availableParallelism()) },
    venv: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const python = pythonWithTorch(values.venv);
const preload = jemalloc();

const common = ['--batch', values.batch, '--steps', values.steps];
const cli = here('../../apps/cli/bin/facewright.js');
const measure = (command, args, env = {}) =>
  JSON.parse(
    execFileSync(command, args, {
      encoding: 'utf8',
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  );
const torch = (format) =>
  measure(
    python,
    [
      here('step.py'),
      ...common,
      '--threads',
      values.threads,
      ...(format === 'channels_last' ? ['--channels-last'] : []),
    ],
    { ...preload, MALLOC_CONF: 'dirty_decay_ms:-1,muzzy_decay_ms:-1' },
  );
const contenders = {
  facewright: () =>
    measure(process.execPath, [
      cli,
      'bench',
      'train',
      '--backend',
      'onnx',
      '--options',
      JSON.stringify({ threads: Number(values.threads) }),
      ...common,
      '--json',
      '--quiet',
    ]),
  'torch channels_last': () => torch('channels_last'),
  'torch nchw': () => torch('nchw'),
};

const rounds = [];
for (let round = 0; round < Number(values.rounds); round++) {
  const load = loadavg()[0];
  const results = Object.fromEntries(Object.entries(contenders).map(([name, run]) => [name, run()]));
  const best = Math.max(
    ...Object.entries(results)
      .filter(([name]) => name.startsWith('torch'))
      .map(([, { imagesPerSecond }]) => imagesPerSecond),
  );
  rounds.push({ load, results, ratio: results.facewright.imagesPerSecond / best });
  const text = Object.entries(results).map(
    ([name, { imagesPerSecond, peakMemoryBytes }]) =>
      `${name} ${imagesPerSecond.toFixed(1)} img/s ${(peakMemoryBytes / 1e9).toFixed(2)} GB`,
  );
  console.error(
    `round ${round + 1}: ${text.join(', ')}; ratio ${rounds.at(-1).ratio.toFixed(2)}; load before ${load.toFixed(1)}`,
  );
}
const summary = {
  batch: Number(values.batch),
  threads: Number(values.threads),
  jemalloc: 'LD_PRELOAD' in preload,
  machine: machine(),
  medianRatio: median(rounds.map(({ ratio }) => ratio)),
  ratios: rounds.map(({ ratio }) => ratio),
  quiet: rounds.every(({ load }) => load < 0.5 + Number(values.threads)),
  rounds,
};
console.log(
  values.json
    ? JSON.stringify(summary)
    : `batch ${summary.batch}, ${summary.threads} threads, ${summary.machine}: median ratio ${summary.medianRatio.toFixed(2)} of PyTorch's best (${summary.ratios.map((ratio) => ratio.toFixed(2)).join(', ')})`,
);
