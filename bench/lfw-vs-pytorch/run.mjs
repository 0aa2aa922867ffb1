// Training on LFW split by person, here and in PyTorch with the same recipe, initial weights and batches:
//   node bench/lfw-vs-pytorch/run.mjs
//   --part follow    compares the losses of the first --steps (50) steps, also with PyTorch's in float64, which shows
//                    the effect of rounding
//   --part accuracy  trains and verifies both, for each of --seeds
//   --part switch    only here: softmax then ArcFace against softmax alone, with the same number of steps, for each of
//                    --seeds
//
// Each training is a separate process, and is not repeated if its result is already in --out. See README.md.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { jemalloc, pythonWithTorch } from '../support/python.mjs';
import { writePlan } from './plan.mjs';
import { OPTIONS } from './recipe.mjs';
import { verified } from './verified.mjs';

const { values } = parseArgs({
  options: {
    ...OPTIONS,
    seeds: { type: 'string', default: '1,2,3' },
    part: { type: 'string', multiple: true, default: ['follow', 'accuracy', 'switch'] },
    venv: { type: 'string' },
  },
});
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const out = values.out ?? here('../../node_modules/.cache/lfw-vs-pytorch');
const threads = values.threads ?? String(availableParallelism());
const seeds = values.seeds.split(',').map(Number);
const read = (path) => JSON.parse(readFileSync(path, 'utf8'));

/** The result of one training, which is run now unless it already exists. */
async function result(side, seed, changes = {}) {
  const given = { ...values, ...changes };
  const { size, width, net, batch, epochs, recipe, optimiser, steps } = given;
  const directory = join(
    out,
    [
      side,
      recipe,
      optimiser,
      net,
      `w${width}`,
      `s${size}`,
      `b${batch}`,
      `e${epochs}`,
      ...(steps ? [`n${steps}`] : []),
      `seed${seed}`,
    ].join('-'),
  );
  const path = join(directory, 'result.json');
  if (!existsSync(path)) {
    mkdirSync(directory, { recursive: true });
    console.error(`${side}, ${recipe}, seed ${seed} …`);
    if (side === 'facewright') {
      const passed = Object.keys(OPTIONS)
        .filter((name) => !['out', 'threads'].includes(name) && given[name] !== undefined)
        .flatMap((name) => [`--${name}`, given[name]]);
      execFileSync(
        process.execPath,
        [here('ours.mjs'), ...passed, '--seed', String(seed), '--threads', threads, '--out', directory],
        { stdio: ['ignore', 2, 2] },
      );
    } else await trainTorch(given, seed, directory, path, side === 'torch64' ? ['--double'] : []);
  }
  return read(path);
}

async function trainTorch(given, seed, directory, path, flags) {
  const { pairs, testImages, embeddingSize } = await writePlan(given, seed, directory, out);
  execFileSync(pythonWithTorch(values.venv), [here('torch_train.py'), directory, '--threads', threads, ...flags], {
    stdio: ['ignore', 2, 2],
    env: { ...process.env, ...jemalloc() },
  });
  const trained = read(join(directory, 'losses.json'));
  if (given.steps) return writeFileSync(path, JSON.stringify(trained));
  const bytes = readFileSync(join(directory, 'embeddings.f32'));
  const vectors = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  writeFileSync(
    path,
    JSON.stringify({
      ...trained,
      ...verified(pairs, testImages, (index) => vectors.subarray(index * embeddingSize, (index + 1) * embeddingSize)),
    }),
  );
}

const mean = (numbers) => numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
const deviation = (numbers) =>
  Math.sqrt(
    mean(numbers.map((value) => (value - mean(numbers)) ** 2)) * (numbers.length / Math.max(1, numbers.length - 1)),
  );
const percent = (value) => `${(100 * value).toFixed(2)} %`;
const line = (name, results) => {
  const accuracies = results.map(({ accuracy }) => accuracy);
  const tar = results.map(({ tarAtFar }) => tarAtFar['1e-2'] ?? NaN);
  console.log(
    `${name.padEnd(28)} ${accuracies.map(percent).join('  ')}   mean ${percent(mean(accuracies))}, deviation over seeds ${percent(deviation(accuracies))}; TAR at FAR 1e-2 ${percent(mean(tar))}`,
  );
};

console.log(
  `MobileFaceNet (${values.net}) of width ${values.width} at ${values.size}×${values.size}, batch ${values.batch}, ${values.epochs} epochs, ${values.optimiser}; ${cpus()[0].model}, ${threads} threads`,
);
if (values.part.includes('follow')) {
  const steps = values.steps ?? '50';
  for (const optimiser of ['adam', 'sgd']) {
    const losses = {};
    for (const side of ['facewright', 'torch', 'torch64'])
      losses[side] = (await result(side, seeds[0], { steps, optimiser })).losses;
    for (const [one, other] of [
      ['facewright', 'torch'],
      ['facewright', 'torch64'],
      ['torch', 'torch64'],
    ]) {
      const apart = losses[one].map((loss, index) => Math.abs(loss - losses[other][index]) / losses[other][index]);
      const most = (count) => Math.max(...apart.slice(0, count)).toExponential(1);
      console.log(
        `${optimiser}: ${`${one} and ${other}`.padEnd(22)} losses apart by at most ${most(1)} in the first step, ${most(5)} in 5, ${most(10)} in 10, ${most(apart.length)} in ${apart.length}; the last ${losses[one].at(-1).toFixed(3)} and ${losses[other].at(-1).toFixed(3)}`,
      );
    }
  }
}
if (values.part.includes('accuracy')) {
  for (const side of ['facewright', 'torch']) {
    const results = [];
    for (const seed of seeds) results.push(await result(side, seed));
    line(`${side}, ${values.recipe}`, results);
  }
}
if (values.part.includes('switch')) {
  for (const recipe of ['switch', 'softmax']) {
    const results = [];
    for (const seed of seeds) results.push(await result('facewright', seed, { recipe }));
    line(recipe === 'switch' ? 'softmax, then ArcFace' : 'softmax alone', results);
  }
}
