// Trains two steps in a process of its own, and prints what was planned for the process and the most memory it had:
//   node measure-step.mjs <batch> <limit in bytes, or 0> [<input size> <width> <classes>]
import { canReturnMemory, COMPILING_BYTES, openOnnxEngine, planStep } from '@facewright/backend-onnx';
import { createRandom, createRunContainer, hostScalar, hostTensor, pluginContext } from '@facewright/core';
import { softmax } from '@facewright/losses';
import { mobileFaceNet } from '@facewright/models';
import { compileTraining, firstState, sgd, trainStep } from '@facewright/training';
import { readFileSync } from 'node:fs';

const [batch, limit, inputSize = 112, width = 1, classes = 1000] = process.argv.slice(2).map(Number);
const kilobytes = (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync('/proc/self/status', 'utf8'))[1]);

const context = pluginContext(createRunContainer(), 'measure');
const model = await mobileFaceNet({ inputSize, width }).create(context);
const [loss, optimiser] = await Promise.all([softmax().create(context), sgd().create(context)]);
const engine = await openOnnxEngine({ provider: 'cpu', lowering: 'auto', ...(limit && { memoryBytes: limit }) });
const beside = process.memoryUsage.rss() + COMPILING_BYTES;
const random = createRandom('measure');
const { state } = firstState(model, { loss, optimiser }, classes, random);
const shape = [batch, inputSize, inputSize, 3];
const inputs = {
  images: hostTensor(
    shape,
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(i)),
  ),
  labels: hostTensor(
    [batch],
    Int32Array.from({ length: batch }, () => random.integer(classes)),
  ),
  rate: hostScalar(0.01),
};
const { bytes, recomputed } = planStep(trainStep(model, loss, optimiser), state, inputs, {
  block: engine.block,
  returns: await canReturnMemory(),
  ...(limit && { memoryBytes: limit - beside }),
});
const step = compileTraining({ engine, model, loss, optimiser, parts: 1, state });
for (let i = 0; i < 2; i++) await step.run(inputs);
console.log(JSON.stringify({ planned: beside + bytes, measured: kilobytes('VmHWM') * 1024, recomputed }));
step.dispose();
await engine.dispose();
