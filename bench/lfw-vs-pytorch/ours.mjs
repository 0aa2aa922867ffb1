// One training in facewright and its verification; writes result.json to the directory:
//   node bench/lfw-vs-pytorch/ours.mjs --seed 1 --out <directory>
import { openOnnxEngine } from '@facewright/backend-onnx';
import { createEventStream, createRandom } from '@facewright/core';
import { createEmbedder, loadModelFiles, train } from '@facewright/training';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { lfwFiles, openLfw } from './lfw.mjs';
import { OPTIONS, recipeOf } from './recipe.mjs';
import { verified } from './verified.mjs';

const { values } = parseArgs({ options: { ...OPTIONS, seed: { type: 'string', default: '1' } } });
const { dataset, pairs, testImages, decode } = await openLfw(lfwFiles(values));
const recipe = await recipeOf(values, Math.floor(dataset.length / Number(values.batch)));
const engine = await openOnnxEngine({
  provider: 'cpu',
  lowering: 'auto',
  threads: values.threads && Number(values.threads),
});

const losses = [];
const stream = createEventStream();
const started = performance.now();
stream.subscribe((event) => {
  if (event.type !== 'train.step') return;
  losses.push(event.loss);
  if (event.step % 50 === 0)
    console.error(
      `${event.step}: loss ${event.loss.toFixed(3)}, accuracy ${event.accuracy.toFixed(2)}, ${event.imagesPerSecond.toFixed(1)} img/s`,
    );
});
for (const name of ['checkpoints', 'model']) rmSync(join(values.out, name), { recursive: true, force: true });
const { modelDirectory, imagesPerSecond } = await train({
  ...recipe,
  dataset,
  engine,
  flip: true,
  alignment: dataset.summary.alignment,
  directory: values.out,
  validation: { fraction: 0, minimum: 0, everySteps: 1e9 },
  checkpoint: { everySteps: 1e9, keep: 1 },
  random: createRandom(Number(values.seed)),
  emit: stream.emit,
});
const seconds = (performance.now() - started) / 1000;

let verification;
if (!values.steps) {
  const embedder = createEmbedder({ engine, model: recipe.model, ...(await loadModelFiles(modelDirectory)) });
  const vectors = [];
  for (let first = 0; first < testImages.length; first += 32)
    vectors.push(...(await embedder.embed(await Promise.all(testImages.slice(first, first + 32).map(decode)))));
  embedder.dispose();
  verification = verified(pairs, testImages, (index) => vectors[index]);
}
await engine.dispose();
await dataset.close();
writeFileSync(join(values.out, 'result.json'), JSON.stringify({ losses, seconds, imagesPerSecond, ...verification }));
