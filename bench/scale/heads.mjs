// A head on a sample of its people, by the number of people: time of a step and peak memory.
//   node bench/scale/heads.mjs [--people 68000,1000000,10000000] [--seen 6800] [--steps 20] [--warm 2] [--batch 64] [--optimiser adam]
//
// Every number of people has a process of its own, and the processes take turns step by step, so that whatever else the machine does meets all of
// them. All see the same number of people in a step. A process of 10,000,000 people takes 5 GB for each of centres and the optimiser's memory of them.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openOnnxEngine } from '@facewright/backend-onnx';
import { createRandom, createRunContainer, hostScalar, hostTensor, pluginContext } from '@facewright/core';
import { arcFace } from '@facewright/losses';
import { mobileFaceNet } from '@facewright/models';
import { adam, compileSampled, compileTraining, firstState, sgd } from '@facewright/training';
import { machine, median } from '../support/figures.mjs';

const { values } = parseArgs({
  options: {
    people: { type: 'string', default: '68000,1000000,10000000' },
    seen: { type: 'string', default: '6800' },
    steps: { type: 'string', default: '20' },
    /** Steps before the first that counts: a class takes its part of the optimiser's memory when it is first seen, which takes time. */
    warm: { type: 'string', default: '2' },
    batch: { type: 'string', default: '64' },
    width: { type: 'string', default: '0.5' },
    size: { type: 'string', default: '64' },
    optimiser: { type: 'string', default: 'adam' },
    one: { type: 'boolean', default: false },
  },
});
const [steps, warm, batch, seen] = [values.steps, values.warm, values.batch, values.seen].map(Number);
if (values.one) await serve(Number(values.people));
else await measure(values.people.split(',').map(Number));

/** Takes a step for every line on standard input, and answers with its time, or with the peak of memory at the end. */
async function serve(people) {
  const context = pluginContext(createRunContainer(), 'bench');
  const net = { inputSize: Number(values.size), width: Number(values.width) };
  const model = await mobileFaceNet(net).create(context);
  const loss = await arcFace({ sampleRate: seen / people }).create(context);
  const optimiser = await { adam, sgd }[values.optimiser]().create(context);
  const engine = await openOnnxEngine({ provider: 'cpu', lowering: 'auto' });
  const random = createRandom('heads');
  const { state } = firstState(model, { loss, optimiser }, people, random);
  const compile = (part) => compileTraining({ engine, name: 'bench', model, loss, optimiser, parts: 1, state: part });
  const step = compileSampled({ loss, identities: people, batch, state, random: random.fork('sampled'), compile });
  const shape = [batch, ...model.inputSize, 3];
  const pixels = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => 2 * random.uniform() - 1);
  const inputs = () => ({
    images: hostTensor(shape, pixels),
    labels: hostTensor(
      [batch],
      Int32Array.from({ length: batch }, () => random.integer(people)),
    ),
    rate: hostScalar(0.01),
  });
  let number = 0;
  console.log('ready');
  for await (const line of createInterface({ input: process.stdin })) {
    const started = performance.now();
    if (line === 'step') await step.run(inputs(), number++);
    console.log(line === 'step' ? performance.now() - started : peak());
  }
  step.dispose();
  await engine.dispose();
}

function peak() {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024;
}

async function measure(sizes) {
  console.log(`${seen} people in a step, batches of ${batch}, ${values.optimiser}, ${machine()}`);
  const { people: _, one: __, ...passed } = values;
  const others = Object.entries(passed).flatMap(([name, value]) => [`--${name}`, value]);
  const children = sizes.map((people) => {
    const args = [fileURLToPath(import.meta.url), '--one', '--people', String(people), ...others];
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const ask = async (line) => {
      child.stdin.write(`${line}\n`);
      return Number((await lines.next()).value);
    };
    return { people, child, lines, ask, times: [] };
  });
  for (const { lines } of children) await lines.next();
  for (let step = -warm; step < steps; step++)
    for (const { ask, times } of children) {
      const time = await ask('step');
      if (step >= 0) times.push(time);
    }
  const [{ times: first }] = children;
  for (const { people, child, ask, times } of children) {
    const ratio = median(times.map((time, index) => time / first[index]));
    const bytes = await ask('peak');
    child.stdin.end();
    console.log(
      `${people.toLocaleString('en').padStart(12)} people: ${median(times).toFixed(0)} ms a step, ${ratio.toFixed(3)} of the first; peak ${(bytes / 1e9).toFixed(2)} GB`,
    );
  }
}
