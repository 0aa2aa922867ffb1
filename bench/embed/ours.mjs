// Embeds random crops with the engine onnx, as a process of its own; with --make it writes a model at its first weights instead.
import { parseArgs } from 'node:util';
import { onnx } from '@facewright/backend-onnx';
import { createRandom, createRunContainer, findPlugin, pluginContext } from '@facewright/core';
import { mobileFaceNet } from '@facewright/models';
import { fivePoint } from '@facewright/preprocess';
import { createEmbedder, loadModelFiles, saveModel } from '@facewright/training';

const { values } = parseArgs({
  options: {
    make: { type: 'string' },
    model: { type: 'string' },
    batch: { type: 'string', default: '32' },
    batches: { type: 'string', default: '10' },
    threads: { type: 'string' },
  },
});
const context = pluginContext(createRunContainer(), 'bench');

async function make(directory) {
  const plugin = mobileFaceNet();
  const model = await plugin.create(context);
  const { fingerprint, size } = await fivePoint().create(context);
  const card = {
    format: 1,
    model: { name: 'mobilefacenet', options: plugin.options },
    inputSize: [...model.inputSize],
    embeddingSize: model.embeddingSize,
    alignment: { fingerprint, size },
  };
  await saveModel(directory, { card, ...model.init(createRandom(1)) });
}

async function measure() {
  const files = await loadModelFiles(values.model);
  const { name, options } = files.card.model;
  const model = await findPlugin('model', { ...options, name }, { known: [mobileFaceNet], where: values.model }).create(
    context,
  );
  const threads = values.threads && Number(values.threads);
  const engine = await (await onnx({ ...(threads && { threads }) }).create(context)).open();
  const [batch, batches] = [Number(values.batch), Number(values.batches)];
  const embedder = createEmbedder({ engine, model, ...files, batch });
  const random = createRandom(2);
  const [height, width] = model.inputSize;
  const images = Array.from({ length: batch }, () => ({
    width,
    height,
    data: Uint8Array.from({ length: height * width * 3 }, () => random.integer(256)),
  }));
  await embedder.embed(images);
  const started = performance.now();
  for (let index = 0; index < batches; index++) await embedder.embed(images);
  const imagesPerSecond = (batch * batches * 1000) / (performance.now() - started);
  embedder.dispose();
  await engine.dispose();
  console.log(JSON.stringify({ imagesPerSecond }));
}

await (values.make === undefined ? measure() : make(values.make));
