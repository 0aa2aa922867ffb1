// One training measurement of MobileFaceNet in facewright, as step.py does it in PyTorch; one JSON line.
import { parseArgs } from 'node:util';
import { benchTrain, openOnnxEngine } from '@facewright/backend-onnx';
import { createRandom, createRunContainer, hostScalar, hostTensor, pluginContext, prefixed } from '@facewright/core';
import { softmax } from '@facewright/losses';
import { mobileFaceNet } from '@facewright/models';
import { sgd, trainStep } from '@facewright/training';

const { values } = parseArgs({ options: { batch: { type: 'string', default: '32' }, steps: { type: 'string', default: '5' }, threads: { type: 'string' }, lowering: { type: 'string', default: 'auto' } } });
const batch = Number(values.batch);
const context = pluginContext(createRunContainer(), 'bench');
const [model, loss, optimiser] = await Promise.all([mobileFaceNet().create(context), softmax().create(context), sgd({ momentum: 0.9, weightDecay: 5e-4 }).create(context)]);
const random = createRandom('bench');
const body = model.init(random.fork('model'));
const head = loss.init(1000, model.embeddingSize, random.fork('head'));
const params = { ...prefixed('model/params', body.params), ...prefixed('head/params', head.params) };
const state = { ...params, ...prefixed('model/statistics', body.statistics), ...prefixed('memory', optimiser.init(params)) };
const draw = random.fork('images');
const inputs = {
  images: hostTensor([batch, 112, 112, 3], Float32Array.from({ length: batch * 112 * 112 * 3 }, () => 2 * draw.uniform() - 1)),
  labels: hostTensor([batch], Int32Array.from({ length: batch }, () => Math.floor(1000 * draw.uniform()))),
  rate: hostScalar(0.1),
};
const engine = await openOnnxEngine({ provider: 'cpu', lowering: values.lowering, threads: values.threads && Number(values.threads) });
console.log(JSON.stringify(await benchTrain({ engine, step: trainStep(model, loss, optimiser), state, inputs, batch, steps: Number(values.steps) })));
await engine.dispose();
