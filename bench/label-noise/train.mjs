// One training on LFW's 158 people, some of its labels wrong, and its verification on people it never saw; writes result.json to --out:
//   node bench/label-noise/train.mjs --loss '{"name":"arcface","filterAbove":0.4}' --flipped 0.4 --seed 1 --out <directory>
import { openOnnxEngine } from '@facewright/backend-onnx';
import { createEventStream, createRandom, createRunContainer, pluginContext, stageConfig } from '@facewright/core';
import { LOSSES } from '@facewright/losses';
import { mobileFaceNet } from '@facewright/models';
import { adam, createEmbedder, loadModelFiles, train } from '@facewright/training';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { lfwFiles, openLfw } from '../lfw-vs-pytorch/lfw.mjs';
import { NETS } from '../lfw-vs-pytorch/recipe.mjs';
import { verified } from '../lfw-vs-pytorch/verified.mjs';
import { OPTIONS } from './options.mjs';

const { values } = parseArgs({ options: OPTIONS });
const random = createRandom(Number(values.seed));
const { dataset, pairs, testImages, decode } = await openLfw(lfwFiles(values));
const wrong = flip(dataset, Number(values.flipped), random.fork('wrong labels'));
const engine = await openOnnxEngine({ provider: 'cpu', lowering: 'auto', threads: Number(values.threads) });
const context = pluginContext(createRunContainer(), 'bench');
const net = { inputSize: Number(values.size), width: Number(values.width), ...NETS.small };
const model = await mobileFaceNet(net).create(context);
const steps = Math.round((Number(values.epochs) * dataset.length) / Number(values.batch));

/** All of the losses given, for as many steps each. */
const stages = await Promise.all(
  JSON.parse(values.loss).map(async ({ name, ...options }, index, all) => {
    const plugin = LOSSES.find(({ meta }) => meta.name === name)(options);
    return {
      name,
      loss: await plugin.create(context),
      options: plugin.options,
      optimiserName: 'adam',
      optimiser: await adam().create(context),
      config: stageConfig.parse({
        loss: name,
        rate: index ? 5e-4 : 1e-3,
        warmUp: index ? 20 : 0,
        schedule: { name: 'cosine', final: 0.1 },
        until: { steps: Math.round(steps / all.length) },
      }),
    };
  }),
);
const stream = createEventStream();
stream.subscribe((event) => {
  if (event.type === 'train.step' && event.step % 50 === 0)
    console.error(`${event.step}: loss ${event.loss.toFixed(3)}, accuracy ${event.accuracy.toFixed(2)}`);
});
rmSync(values.out, { recursive: true, force: true });
mkdirSync(values.out, { recursive: true });
const { modelDirectory, imagesPerSecond } = await train({
  dataset,
  engine,
  model,
  modelReference: { name: 'mobilefacenet', options: mobileFaceNet(net).options },
  batch: Number(values.batch),
  stages,
  flip: true,
  alignment: dataset.summary.alignment,
  directory: values.out,
  validation: { fraction: 0, minimum: 0, everySteps: 1e9 },
  checkpoint: { everySteps: 1e9, keep: 1 },
  random,
  emit: stream.emit,
});

const embedder = createEmbedder({ engine, model, ...(await loadModelFiles(modelDirectory)) });
const vectors = [];
for (let first = 0; first < testImages.length; first += 32)
  vectors.push(...(await embedder.embed(await Promise.all(testImages.slice(first, first + 32).map(decode)))));
embedder.dispose();
await engine.dispose();
await dataset.close();
const { accuracy, tarAtFar } = verified(pairs, testImages, (index) => vectors[index]);
rmSync(values.out, { recursive: true });
mkdirSync(values.out);
writeFileSync(join(values.out, 'result.json'), JSON.stringify({ accuracy, tarAtFar, wrong, imagesPerSecond }));

/** Gives that share of the images another person's label, drawn evenly from all others. Returns how many. */
function flip({ labels, identities }, share, random) {
  const count = Math.round(share * labels.length);
  const order = Array.from(labels.keys());
  for (let i = 0; i < count; i++) {
    const drawn = i + random.integer(order.length - i);
    [order[i], order[drawn]] = [order[drawn], order[i]];
    labels[order[i]] = (labels[order[i]] + 1 + random.integer(identities.length - 1)) % identities.length;
  }
  return count;
}
