// What cleaning wins: trainings on LFW's people with true labels, with planted mistakes, and with those cleaned by `findProblems` and InsightFace's y1:
//   node bench/clean-vs-dirty/run.mjs [--seeds 1,2,3] [--epochs 8] [--moved 0.1] [--split 0.05] [--repeated 0.02]
// Everyone with ten photos or more is trained on, with softmax and as many steps each; the pairs of pairs.txt that show none of them are the test.
// The noise is planted anew for each seed. A training is not repeated if its result is in --out already. Differences are paired by seed, with Student's
// 95 % interval as `facewright compare` computes it.
import { openOnnxEngine } from '@facewright/backend-onnx';
import { createEventStream, createRandom } from '@facewright/core';
import { editDataset } from '@facewright/quality';
import { contestOf } from '@facewright/report';
import { createEmbedder, loadModelFiles, train } from '@facewright/training';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { lfwFiles, openLfw } from '../lfw-vs-pytorch/lfw.mjs';
import { OPTIONS, recipeOf } from '../lfw-vs-pytorch/recipe.mjs';
import { verified } from '../lfw-vs-pytorch/verified.mjs';
import { machine } from '../support/figures.mjs';
import { cleaned, planted } from './noise.mjs';

const { optimiser, net, images, pairs: listed, size, width, batch, threads } = OPTIONS;
const { values } = parseArgs({
  options: {
    ...{ optimiser, net, images, pairs: listed, width, batch, threads },
    size: { ...size, default: '48' },
    epochs: { type: 'string', default: '8' },
    seeds: { type: 'string', default: '1,2,3' },
    moved: { type: 'string', default: '0.1' },
    split: { type: 'string', default: '0.05' },
    repeated: { type: 'string', default: '0.02' },
    y1: {
      type: 'string',
      default: fileURLToPath(new URL('../../../shared/data/models/insightface-y1', import.meta.url)),
    },
    out: {
      type: 'string',
      default: fileURLToPath(new URL('../../node_modules/.cache/clean-vs-dirty', import.meta.url)),
    },
  },
});
const shares = { moved: Number(values.moved), split: Number(values.split), repeated: Number(values.repeated) };
const { dataset, pairs, testImages, decode } = await openLfw(lfwFiles(values));
const recipe = await recipeOf({ ...values, recipe: 'softmax' }, Math.floor(dataset.length / Number(values.batch)));
const openEngine = () =>
  openOnnxEngine({ provider: 'cpu', lowering: 'auto', threads: values.threads && Number(values.threads) });

async function accuracyOf(samples, seed, directory) {
  const engine = await openEngine();
  const stream = createEventStream();
  stream.subscribe((event) => {
    if (event.type === 'train.step' && event.step % 100 === 0)
      console.error(
        `  step ${event.step}: loss ${event.loss.toFixed(3)}, ${event.imagesPerSecond.toFixed(0)} images/s, load ${loadavg()[0].toFixed(1)}`,
      );
  });
  rmSync(directory, { recursive: true, force: true });
  const { modelDirectory } = await train({
    ...recipe,
    dataset: samples,
    engine,
    flip: true,
    alignment: dataset.summary.alignment,
    directory,
    validation: { fraction: 0, minimum: 0, everySteps: 1e9 },
    checkpoint: { everySteps: 1e9, keep: 1 },
    random: createRandom(seed),
    emit: stream.emit,
  });
  const embedder = createEmbedder({ engine, model: recipe.model, ...(await loadModelFiles(modelDirectory)) });
  const vectors = [];
  for (let first = 0; first < testImages.length; first += 32)
    vectors.push(...(await embedder.embed(await Promise.all(testImages.slice(first, first + 32).map(decode)))));
  embedder.dispose();
  await engine.dispose();
  rmSync(directory, { recursive: true });
  return verified(pairs, testImages, (index) => vectors[index]).accuracy;
}

const percent = (value) => `${(100 * value).toFixed(2)} %`;
const points = (value) => (100 * value).toFixed(2);
const recipes = ['true labels', 'planted mistakes', 'cleaned'].map((name) => ({
  name,
  accuracy: { values: [], mean: 0 },
}));
const [, dirtyRecipe, cleanRecipe] = recipes;
for (const seed of values.seeds.split(',').map(Number)) {
  const kind = [
    values.net,
    values.optimiser,
    `w${values.width}`,
    `s${values.size}`,
    `b${values.batch}`,
    `e${values.epochs}`,
    ...Object.values(shares),
    `seed${seed}`,
  ].join('-');
  const path = join(values.out, `${kind}.json`);
  const known = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
  const keep = (name, value) => {
    known[name] = value;
    mkdirSync(values.out, { recursive: true });
    writeFileSync(path, JSON.stringify(known));
  };
  const dirty = planted(dataset, shares, createRandom(seed).fork('noise'));
  if (!known.edits) {
    const engine = await openEngine();
    keep('edits', await cleaned(dirty, { engine, y1: values.y1, random: createRandom(seed).fork('clean') }));
    await engine.dispose();
  }
  const { edits } = known;
  const told = dirty.describe(edits);
  console.error(`seed ${seed}: ${told}`);
  for (const { name, accuracy } of recipes) {
    const samples = {
      'true labels': dataset,
      'planted mistakes': dirty.dataset,
      cleaned: editDataset(dirty.dataset, edits),
    }[name];
    if (known[name] === undefined) keep(name, await accuracyOf(samples, seed, join(values.out, kind)));
    accuracy.values.push({ seed, value: known[name] });
    console.error(`seed ${seed}, ${name}: ${percent(known[name])}`);
  }
}
console.log(
  `LFW's 158 people, ${values.epochs} epochs, width ${values.width} at ${values.size}×${values.size}, noise ${JSON.stringify(shares)}; ${machine()}`,
);
for (const { name, accuracy } of recipes) {
  accuracy.mean = accuracy.values.reduce((sum, { value }) => sum + value, 0) / accuracy.values.length;
  console.log(
    `${name.padEnd(18)} ${accuracy.values.map(({ value }) => percent(value)).join('  ')}   mean ${percent(accuracy.mean)}`,
  );
}
for (const [one, other] of [
  [cleanRecipe, dirtyRecipe],
  [recipes[0], cleanRecipe],
]) {
  const { mean, interval } = contestOf(one, other);
  console.log(
    `${one.name} against ${other.name}: ${points(mean)} points${interval ? ` (95 % interval ${points(interval[0])} to ${points(interval[1])})` : ''}`,
  );
}
await dataset.close();
