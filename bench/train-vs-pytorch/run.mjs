// Training MobileFaceNet here and in PyTorch 2.13, in turn on the same machine:
//   node bench/train-vs-pytorch/run.mjs --batch 32 --rounds 3
//   node bench/train-vs-pytorch/run.mjs --device cuda          # the engine xla, after "facewright setup xla --cuda13"
//
// Every measurement is a separate process. PyTorch gets its fastest settings: both memory formats, torch.compile, TF32
// on a GPU, and on a CPU jemalloc if installed, configured to keep freed pages, which doubles its rate where page
// faults are expensive (a virtual machine). Compilation time is reported separately for both sides.
import { execFileSync } from 'node:child_process';
import { availableParallelism, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { machine, median } from '../support/figures.mjs';
import { jemalloc, pythonWithTorch } from '../support/python.mjs';

const { values } = parseArgs({
  options: {
    device: { type: 'string', default: 'cpu' },
    batch: { type: 'string' },
    heads: { type: 'string' },
    precision: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    steps: { type: 'string' },
    threads: { type: 'string', default: String(availableParallelism()) },
    venv: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const cuda = values.device === 'cuda';
/** Comma-separated, or else what suits the device. */
const list = (given, onGpu, onCpu) => (given ?? (cuda ? onGpu : onCpu)).split(',');
const batches = list(values.batch, '128,512', '32').map(Number);
const heads = list(values.heads, 'softmax:1000,arcface:68000', 'softmax:1000').map((head) => head.split(':'));
const precisions = list(values.precision, 'float32,bfloat16', 'float32');
const steps = values.steps ?? (cuda ? '50' : '5');

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const python = pythonWithTorch(values.venv);
const preload = jemalloc();
const cli = here('../../apps/cli/bin/facewright.js');

const measure = (command, args, env = {}) =>
  JSON.parse(
    execFileSync(command, args, {
      encoding: 'utf8',
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  );

const torch = ({ batch, loss, classes, precision }, ...flags) =>
  measure(
    python,
    [
      here('step.py'),
      ...['--batch', batch, '--steps', steps, '--threads', values.threads, '--device', values.device],
      ...['--loss', loss, '--classes', classes],
      ...(precision === 'bfloat16' ? ['--mixed'] : []),
      ...flags,
    ].map(String),
    { ...preload, MALLOC_CONF: 'dirty_decay_ms:-1,muzzy_decay_ms:-1' },
  );

const ours = ({ batch, loss, classes, precision }) => {
  const backend = cuda ? 'xla' : 'onnx';
  const options = cuda ? { platform: 'cuda', precision } : { threads: Number(values.threads) };
  return measure(
    process.execPath,
    [
      ...[cli, 'bench', 'train', '--backend', backend, '--options', JSON.stringify(options)],
      ...['--batch', batch, '--steps', steps, '--loss', loss, '--classes', classes, '--json', '--quiet'],
    ].map(String),
  );
};

const contenders = (given) => ({
  facewright: () => ours(given),
  'torch channels_last': () => torch(given, '--channels-last'),
  'torch nchw': () => torch(given),
  'torch.compile channels_last': () => torch(given, '--channels-last', '--compile'),
});

function measured(given) {
  const rounds = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    const load = loadavg()[0];
    const results = Object.fromEntries(Object.entries(contenders(given)).map(([name, run]) => [name, run()]));
    const rates = Object.entries(results).filter(([name]) => name.startsWith('torch'));
    const best = Math.max(...rates.map(([, { imagesPerSecond }]) => imagesPerSecond));
    rounds.push({ load, results, ratio: results.facewright.imagesPerSecond / best });
    const text = Object.entries(results).map(
      ([name, { imagesPerSecond, warmUpSeconds, peakMemoryBytes }]) =>
        `${name} ${imagesPerSecond.toFixed(1)} img/s ${(peakMemoryBytes / 1e9).toFixed(2)} GB, warm-up ${warmUpSeconds.toFixed(0)} s`,
    );
    console.error(
      `round ${round + 1}: ${text.join('; ')}; ratio ${rounds.at(-1).ratio.toFixed(2)}; load before ${load.toFixed(1)}`,
    );
  }
  const ratios = rounds.map(({ ratio }) => ratio);
  return { ...given, medianRatio: median(ratios), ratios, rounds };
}

const cases = [];
for (const [loss, classes] of heads)
  for (const batch of batches)
    for (const precision of precisions) {
      const given = { batch, loss, classes: Number(classes), precision };
      console.error(`${loss} over ${classes}, batch ${batch}, ${precision}`);
      cases.push(measured(given));
    }
const summary = {
  device: values.device,
  threads: Number(values.threads),
  jemalloc: 'LD_PRELOAD' in preload,
  machine: machine(),
  quiet: cases.every(({ rounds }) => rounds.every(({ load }) => load < 0.5 + Number(values.threads))),
  cases,
};
const lineOf = ({ batch, loss, classes, precision, medianRatio, ratios }) =>
  `${loss} over ${classes}, batch ${batch}, ${precision}: median ratio ${medianRatio.toFixed(2)} of PyTorch's best (${ratios.map((ratio) => ratio.toFixed(2)).join(', ')})`;
console.log(
  values.json
    ? JSON.stringify(summary)
    : [`${values.device}, ${summary.threads} threads, ${summary.machine}`, ...cases.map(lineOf)].join('\n'),
);
