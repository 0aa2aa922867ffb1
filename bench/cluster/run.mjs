// Several processes on this machine, each with one thread and 64 images of a step, in turn:
//   node bench/cluster/run.mjs --ranks 1,2,4 --rounds 3
//   node bench/cluster/run.mjs --launcher mpirun.mpich --ordered
//   node bench/cluster/run.mjs --small --steps 6 --rounds 1     # a tiny network, to try the bench itself
//
// Each training is `facewright train` on a drawn dataset, softmax with SGD. A step's time is the median over all steps but
// the first two, from its own events. Efficiency is the time of one process divided by that of n, which do n times the
// work; with more processes than cores it cannot reach cores / n.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { generateSample } from '@facewright/datasets';
import { machine, median } from '../support/figures.mjs';

const { values } = parseArgs({
  options: {
    ranks: { type: 'string', default: '1,2,4' },
    rounds: { type: 'string', default: '3' },
    steps: { type: 'string', default: '12' },
    launcher: { type: 'string', default: 'mpirun.openmpi' },
    batch: { type: 'string', default: '64' },
    people: { type: 'string', default: '20' },
    ordered: { type: 'boolean', default: false },
    small: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const WARM_UP = 2;
const sizes = values.ranks.split(',').map(Number);
const [perRank, people] = [Number(values.batch), Number(values.people)];
const cli = fileURLToPath(new URL('../../apps/cli/bin/facewright.js', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'facewright-bench-'));
const SMALL = { inputSize: 16, width: 0.125, embeddingSize: 8, bottlenecks: [[1, 64, 1, 2]] };
const launch = /openmpi/.test(values.launcher) ? ['--allow-run-as-root', '--oversubscribe', '--bind-to', 'none'] : [];

const run = (command, ...args) =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 26 });

function configFor(ranks) {
  const path = join(directory, `${ranks}.json`);
  const config = {
    tiers: [{ name: 'all', above: 0, augment: [] }],
    model: { name: 'mobilefacenet', ...(values.small && SMALL) },
    backend: { name: 'onnx', threads: 1 },
    batch: perRank * ranks,
    cluster: ranks > 1 ? { name: 'mpi', ordered: values.ordered } : 'single',
    stages: [{ loss: 'softmax', optimiser: 'sgd', rate: 1e-3, until: { steps: Number(values.steps) } }],
    validation: { minimum: 0, fraction: 0 },
    heldOut: { identities: 0 },
    checkpoint: { everySteps: 1_000_000 },
  };
  writeFileSync(path, JSON.stringify(config));
  return path;
}

/** Milliseconds of a step. */
function train(ranks) {
  const out = join(directory, `of-${ranks}`);
  const tool = [cli, 'train', '--data', join(directory, 'dataset'), '--out', out, '--config', configFor(ranks)];
  const all = [...tool, '--force', '--quiet'];
  if (ranks === 1) run(process.execPath, ...all);
  else run(values.launcher, ...launch, '-n', String(ranks), process.execPath, ...all);
  const times = readFileSync(join(out, 'events.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ type, step }) => type === 'train.step' && step > WARM_UP)
    .map(({ time: { data, compute, other } }) => data + compute + other);
  return median(times);
}

try {
  const photos = Math.ceil((perRank * Math.max(...sizes) * 1.2) / people);
  const { list } = await generateSample({ directory: join(directory, 'people'), people, photos });
  run(process.execPath, cli, 'prepare', '--data', list, '--out', join(directory, 'dataset'), '--config', configFor(1));
  const rounds = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    const load = loadavg()[0];
    const times = sizes.map(train);
    rounds.push({ load, times });
    const texts = sizes.map((size, i) => `${size}: ${times[i].toFixed(0)} ms`);
    console.error(`round ${round + 1}: ${texts.join(', ')} a step; load before ${load.toFixed(1)}`);
  }
  const rows = sizes.map((ranks, i) => {
    const efficiencies = rounds.map(({ times }) => times[0] / times[i]);
    const imagesPerSecond = (1000 * perRank * ranks) / median(rounds.map(({ times }) => times[i]));
    return { ranks, imagesPerSecond, efficiency: median(efficiencies), efficiencies };
  });
  if (values.json) console.log(JSON.stringify({ machine: machine(), launcher: values.launcher, rows, rounds }));
  else {
    console.log(`${machine()}; ${values.launcher}, ${perRank} images and one thread for each process`);
    for (const { ranks, imagesPerSecond, efficiency, efficiencies } of rows)
      console.log(
        `${ranks} ${ranks === 1 ? 'process' : 'processes'}: ${imagesPerSecond.toFixed(1)} images/s, efficiency ${efficiency.toFixed(2)} (${efficiencies.map((value) => value.toFixed(2)).join(', ')})`,
      );
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
