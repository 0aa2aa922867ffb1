// What the PyTorch script needs to do the same: the network's table, our initial weights, the images, and which of them
// each step uses and mirrors.
import { createRandom, encodeSafetensors } from '@facewright/core';
import { mobileFaceNetBlocks } from '@facewright/models';
import { batchOrder, firstState, fitPixels, rateAt } from '@facewright/training';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lfwFiles, openLfw } from './lfw.mjs';
import { recipeOf } from './recipe.mjs';

/**
 * Writes plan.json and the files it names into `directory`, and the images into `shared` (once for all seeds). Returns
 * the pairs and their images.
 */
export async function writePlan(values, seed, directory, shared) {
  const { dataset, pairs, testImages, decode } = await openLfw(lfwFiles(values));
  const { net, model, modelReference, batch, stages, optimiser } = await recipeOf(
    values,
    Math.floor(dataset.length / Number(values.batch)),
  );
  mkdirSync(directory, { recursive: true });
  mkdirSync(shared, { recursive: true });
  const [train, test] = ['train', 'test'].map((name) => join(shared, `${name}-${net.inputSize}.u8`));
  if (!existsSync(test)) {
    writeFileSync(
      train,
      await pixelsOf(
        Array.from(dataset.labels, (_, index) => dataset.sourceOf(index)),
        decode,
        model.inputSize,
      ),
    );
    writeFileSync(test, await pixelsOf(testImages, decode, model.inputSize));
  }
  const random = createRandom(seed);
  const order = batchOrder({
    samples: { length: dataset.length, samples: Uint32Array.from(dataset.labels.keys()), labels: dataset.labels },
    size: batch,
    flip: true,
    random,
  });
  const total = stages.reduce((sum, { config }) => sum + config.until.steps, 0);
  const drawn = Array.from({ length: total }, (_, step) => order.at(step)).flat();
  writeFileSync(
    join(directory, 'samples.i32'),
    Int32Array.from(drawn, ({ sample }) => sample),
  );
  writeFileSync(
    join(directory, 'labels.i32'),
    Int32Array.from(drawn, ({ label }) => label),
  );
  writeFileSync(
    join(directory, 'flips.u8'),
    Uint8Array.from(drawn, ({ mirrored }) => Number(mirrored)),
  );
  const { state } = firstState(model, stages[0], dataset.identities.length, random);
  writeFileSync(
    join(directory, 'initial.safetensors'),
    encodeSafetensors(Object.fromEntries(Object.entries(state).filter(([name]) => !name.startsWith('memory/')))),
  );
  writeFileSync(
    join(directory, 'plan.json'),
    JSON.stringify({
      blocks: mobileFaceNetBlocks(modelReference.options),
      momentum: modelReference.options.momentum,
      inputScale: model.inputScale,
      inputSize: net.inputSize,
      embeddingSize: model.embeddingSize,
      identities: dataset.identities.length,
      batch,
      optimiser,
      train,
      test,
      verify: !values.steps,
      stages: stages.map(({ name, options, config }) => ({
        loss: name,
        options,
        rates: Array.from({ length: config.until.steps }, (_, step) => rateAt(config, step, config.until.steps)),
      })),
    }),
  );
  await dataset.close();
  return { pairs, testImages, embeddingSize: model.embeddingSize };
}

async function pixelsOf(paths, decode, inputSize) {
  const parts = [];
  for (let first = 0; first < paths.length; first += 64)
    parts.push(
      ...(await Promise.all(
        paths.slice(first, first + 64).map(async (path) => fitPixels(await decode(path), inputSize)),
      )),
    );
  return Buffer.concat(parts);
}
