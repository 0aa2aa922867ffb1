// One training on a dataset, with the time and the most memory at each of its events: node measure.mjs --dataset <directory> --out <directory>
import { openOnnxEngine } from '@facewright/backend-onnx';
import { createEventStream, createRandom, createRunContainer, pluginContext, stageConfig } from '@facewright/core';
import { openDataset } from '@facewright/datasets';
import { arcFace } from '@facewright/losses';
import { mobileFaceNet } from '@facewright/models';
import { sgd, train } from '@facewright/training';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    dataset: { type: 'string' },
    out: { type: 'string' },
    batch: { type: 'string', default: '32' },
    resume: { type: 'boolean', default: false },
  },
});
const STEPS = 10;

const peak = () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024;
const context = pluginContext(createRunContainer(), 'bench');
const net = {
  inputSize: 64,
  width: 0.5,
  bottlenecks: [
    [2, 64, 2, 2],
    [4, 128, 1, 2],
    [2, 128, 2, 1],
  ],
};
const engine = await openOnnxEngine({ provider: 'cpu', lowering: 'auto' });
const idle = peak();
const started = performance.now();
const mark = (phase) =>
  console.log(JSON.stringify({ phase, seconds: (performance.now() - started) / 1000, bytes: peak() - idle }));

const dataset = await openDataset(values.dataset);
mark('opened');
const abort = new AbortController();
const stream = createEventStream();
const before = values.resume ? STEPS : 0;
stream.subscribe((event) => {
  if (event.type === 'train.started') mark(values.resume ? 'drawn and resumed' : 'drawn');
  if (event.type === 'train.step' && event.step === before + 1) mark('first step');
  if (event.type === 'train.step' && event.step === before + STEPS) mark('ten steps');
  if (event.type === 'checkpoint.written') mark('checkpoint');
  // before the end, whose validation of one image in 200 would be measured too
  if (event.type === 'checkpoint.written') abort.abort();
});
await train({
  dataset,
  engine,
  model: await mobileFaceNet(net).create(context),
  modelReference: { name: 'mobilefacenet', options: mobileFaceNet(net).options },
  alignment: dataset.summary.alignment,
  stages: [
    {
      name: 'arcface',
      loss: await arcFace().create(context),
      optimiserName: 'sgd',
      optimiser: await sgd().create(context),
      config: stageConfig.parse({ loss: 'arcface', rate: 0.01, until: { steps: 3 * STEPS } }),
    },
  ],
  batch: Number(values.batch),
  flip: true,
  directory: values.out,
  resume: values.resume,
  validation: { fraction: 0.005, minimum: 0, everySteps: 1e9 },
  checkpoint: { everySteps: STEPS, keep: 1 },
  random: createRandom(1),
  emit: stream.emit,
  signal: abort.signal,
}).catch((error) => {
  if (error.name !== 'Interrupted') throw error;
});
await engine.dispose();
await dataset.close();
