// Training steps of MobileFaceNet (softmax over --classes, SGD with momentum) on the node-gpu engine; prints one JSON
// line.
//   npx tsc -b packages/backend-node-gpu packages/models packages/losses packages/training
//   node packages/backend-node-gpu/bench/train-vs-keras/facewright.mjs [--batch 32] [--steps 8] [--options '{"mode":"eager"}']
import { createRandom, createRunContainer, hostScalar, hostTensor, pluginContext, prefixed } from '@facewright/core';
import { softmax } from '@facewright/losses';
import { mobileFaceNet } from '@facewright/models';
import { sgd, trainStep } from '@facewright/training';
import { nodeGpu } from '@facewright/backend-node-gpu';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    batch: { type: 'string', default: '32' },
    steps: { type: 'string', default: '8' },
    warm: { type: 'string', default: '3' },
    classes: { type: 'string', default: '1000' },
    options: { type: 'string', default: '{}' },
  },
});
const [batch, steps, warm, classes] = [values.batch, values.steps, values.warm, values.classes].map(Number);
const context = pluginContext(createRunContainer({}), 'bench');
const make = (plugin) => plugin.create(context);
const engine = await (await make(nodeGpu(JSON.parse(values.options)))).open();
const [model, loss, optimiser] = [
  await make(mobileFaceNet()),
  await make(softmax()),
  await make(sgd({ momentum: 0.9, weightDecay: 0 })),
];

const body = model.init(createRandom(1));
const head = loss.init(classes, model.embeddingSize, createRandom(2));
const params = { ...prefixed('model/params', body.params), ...prefixed('head/params', head.params) };
const state = {
  ...params,
  ...prefixed('model/statistics', body.statistics),
  ...prefixed('head/statistics', head.statistics),
  ...prefixed('memory', optimiser.init(params)),
};
const executable = engine.compile(trainStep(model, loss, optimiser), { name: 'train', state });

const random = createRandom(3);
const images = hostTensor(
  [batch, 112, 112, 3],
  Float32Array.from({ length: batch * 112 * 112 * 3 }, () => 2 * random.uniform() - 1),
);
const labels = hostTensor(
  [batch],
  Int32Array.from({ length: batch }, (_, i) => (i * 31) % classes),
);
const losses = [];
let start;
let cpu;
for (let i = 0; i < warm + steps; i++) {
  if (i === warm) [start, cpu] = [performance.now(), process.cpuUsage()];
  losses.push((await executable.run({ images, labels, rate: hostScalar(0.01) })).loss.data[0]);
}
const seconds = (performance.now() - start) / 1000;
const used = process.cpuUsage(cpu);
const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024;
console.log(
  JSON.stringify({
    who: 'facewright',
    options: values.options,
    batch,
    imagesPerCpuSecond: (batch * steps) / ((used.user + used.system) / 1e6),
    imagesPerSecond: (batch * steps) / seconds,
    systemShare: used.system / (used.user + used.system),
    peakMiB: Math.round(peak),
    firstLoss: losses[0],
    lastLoss: losses.at(-1),
  }),
);
process.exit(0);
