// Training MobileFaceNet here and in PyTorch 2.13, in turn on the same machine:
//   node bench/train-vs-pytorch/run.mjs --batch 32 --rounds 3
//   node bench/train-vs-pytorch/run.mjs --models paper,mbf     # also arcface_torch's mbf
//   node bench/train-vs-pytorch/run.mjs --data run/dataset     # also reads a prepared dataset: is the step or the data the limit?
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
    models: { type: 'string' },
    heads: { type: 'string' },
    precision: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    steps: { type: 'string' },
    data: { type: 'string' },
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
const models = list(values.models, 'paper,mbf', 'paper');
const precisions = list(values.precision, 'float32,bfloat16', 'float32');
const steps = values.steps ?? (cuda ? '50' : '5');

/** The same networks in both. */
const MODELS = {
  paper: { name: 'mobilefacenet' },
  // InsightFace, recognition/arcface_torch/backbones/mobilefacenet.py
  mbf: {
    name: 'mobilefacenet',
    stem: 128,
    stemGroup: 2,
    bottlenecks: [
      [1, 128, 5, 2],
      [2, 256, 1, 2],
      [1, 256, 6, 1],
      [2, 256, 1, 2],
      [1, 256, 2, 1],
    ],
    embeddingSize: 512,
  },
};

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

const torch = ({ model, batch, loss, classes, precision }, ...flags) =>
  measure(
    python,
    [
      here('step.py'),
      ...['--batch', batch, '--steps', steps, '--threads', values.threads, '--device', values.device],
      ...['--model', model, '--loss', loss, '--classes', classes],
      ...(precision === 'bfloat16' ? ['--mixed'] : []),
      ...flags,
    ].map(String),
    { ...preload, MALLOC_CONF: 'dirty_decay_ms:-1,muzzy_decay_ms:-1' },
  );

const ours = ({ model, batch, loss, classes, precision }) => {
  const backend = cuda ? 'xla' : 'onnx';
  const options = cuda ? { platform: 'cuda', precision } : { threads: Number(values.threads) };
  return measure(
    process.execPath,
    [
      ...[cli, 'bench', 'train', '--backend', backend, '--options', JSON.stringify(options)],
      ...['--model', JSON.stringify(MODELS[model])],
      ...(values.data ? ['--data', values.data] : []),
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
  const warmUps = Object.fromEntries(
    Object.keys(rounds[0].results).map((name) => [
      name,
      median(rounds.map(({ results }) => results[name].warmUpSeconds)),
    ]),
  );
  return { ...given, medianRatio: median(ratios), ratios, warmUps, limit: limitOf(rounds), rounds };
}

/** With `--data`: which of the two is slower, by the medians. */
function limitOf(rounds) {
  if (!values.data) return undefined;
  const rate = (pick) => median(rounds.map(({ results }) => pick(results.facewright).imagesPerSecond));
  const [step, data] = [rate((ours) => ours), rate((ours) => ours.data)];
  return { is: data < step ? 'data' : 'step', step, data };
}

const cases = [];
const all = models.flatMap((model) =>
  heads.flatMap(([loss, classes]) =>
    batches.flatMap((batch) =>
      precisions.map((precision) => ({ model, batch, loss, classes: Number(classes), precision })),
    ),
  ),
);
const nameOf = ({ model, batch, loss, classes, precision }) =>
  `${model}, ${loss} over ${classes}, batch ${batch}, ${precision}`;
for (const given of all) {
  console.error(nameOf(given));
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
const lineOf = (given) => {
  const { medianRatio, ratios, warmUps, limit } = given;
  return [
    `${nameOf(given)}: median ratio ${medianRatio.toFixed(2)} of PyTorch's best (${ratios.map((ratio) => ratio.toFixed(2)).join(', ')})`,
    `  warm-up, not in the rates: ${Object.entries(warmUps)
      .map(([name, seconds]) => `${name} ${seconds.toFixed(1)} s`)
      .join(', ')}`,
    ...(limit
      ? [
          `  the ${limit.is} is the limit: ${Math.round(limit.step)} images/s computed, ${Math.round(limit.data)} read and decoded`,
        ]
      : []),
  ].join('\n');
};
console.log(
  values.json
    ? JSON.stringify(summary)
    : [`${values.device}, ${summary.threads} threads, ${summary.machine}`, ...cases.map(lineOf)].join('\n'),
);
