// From aligned crops to embeddings, here and in Python with onnxruntime, on the same weights and in turn:
//   node bench/embed/run.mjs --model run/model --batch 32 --rounds 5
// Every measurement is a process of its own: ours embeds crops in memory with the engine onnx; Python runs the file that `facewright export` writes,
// with PReLU as an op and as convolutions. Images a second after a warm-up batch, loading left out. Without --model: MobileFaceNet at its first weights.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { machine, median } from '../support/figures.mjs';
import { pythonWith } from '../support/python.mjs';

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    batch: { type: 'string', default: '32' },
    batches: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '5' },
    threads: { type: 'string', default: String(availableParallelism()) },
    json: { type: 'boolean', default: false },
  },
});
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const cli = here('../../apps/cli/bin/facewright.js');
const python = pythonWith('embed', ['onnxruntime==1.23.2', 'numpy']);
const directory = mkdtempSync(join(tmpdir(), 'facewright-bench-'));
const node = (...args) =>
  execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

try {
  const model = values.model ?? join(directory, 'model');
  if (!values.model) node(here('ours.mjs'), '--make', model);
  for (const prelu of ['op', 'convolutions'])
    node(
      cli,
      'export',
      '--model',
      model,
      '--format',
      'onnx',
      '--prelu',
      prelu,
      '--out',
      join(directory, prelu),
      '--quiet',
    );
  const size = ['--batch', values.batch, '--batches', values.batches, '--threads', values.threads];
  const contenders = {
    facewright: () => JSON.parse(node(here('ours.mjs'), '--model', model, ...size)).imagesPerSecond,
    ...Object.fromEntries(
      ['op', 'convolutions'].map((prelu) => [
        `Python, PReLU as ${prelu}`,
        () =>
          JSON.parse(
            execFileSync(python, [here('onnx_embed.py'), join(directory, prelu, 'model.onnx'), ...size], {
              encoding: 'utf8',
              stdio: ['ignore', 'pipe', 'inherit'],
            }),
          ).imagesPerSecond,
      ]),
    ),
  };
  const rates = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (let round = 0; round < Number(values.rounds); round++) {
    const load = loadavg()[0].toFixed(1);
    for (const [name, measure] of Object.entries(contenders)) rates[name].push(measure());
    const told = Object.entries(rates).map(([name, list]) => `${name} ${list.at(-1).toFixed(1)}`);
    console.error(`round ${round + 1}: ${told.join(', ')} images/s; load before ${load}`);
  }
  const base = rates['Python, PReLU as op'];
  const ratios = Object.fromEntries(
    Object.entries(rates).map(([name, list]) => [name, median(list.map((rate, round) => rate / base[round]))]),
  );
  const summary = { machine: machine(), batch: Number(values.batch), rates, ratios };
  const lines = Object.entries(ratios).map(
    ([name, ratio]) =>
      `${name}: ${median(rates[name]).toFixed(1)} images/s, ${ratio.toFixed(2)} times Python with PReLU as an op`,
  );
  console.log(values.json ? JSON.stringify(summary) : [summary.machine, ...lines].join('\n'));
} finally {
  rmSync(directory, { recursive: true, force: true });
}
