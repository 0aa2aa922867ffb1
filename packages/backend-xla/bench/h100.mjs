// Compiles a training step with XLA for an H100, on a machine without a GPU, and prints its kernels, copies, transposes
// and bytes per step.
//   node packages/backend-xla/bench/h100.mjs [--batch 128] [--loss softmax|arcface] [--classes 1000] [--precision float32|bfloat16] [--keep DIR]
//
// Needs "facewright setup xla --cuda13 --without-driver", or PJRT_CUDA=…/xla_cuda_plugin.so, and a build (npm run
// build).
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { arcFace, softmax } from '@facewright/losses';
import { createRandom, createRunContainer, pluginContext } from '@facewright/core';
import { mobileFaceNet } from '@facewright/models';
import { firstState, sgd, trainStep } from '@facewright/training';
import { capture, simplify, stackUpdates } from '@facewright/capture';
import { compileForH100, countProgram } from '../dist/ahead/h100.js';
import { findPlugins } from '../dist/discovery/find.js';
import { lower } from '../dist/lowering/lower.js';

const { values } = parseArgs({
  options: {
    batch: { type: 'string', default: '128' },
    loss: { type: 'string', default: 'softmax' },
    classes: { type: 'string', default: '1000' },
    precision: { type: 'string', default: 'float32' },
    width: { type: 'string', default: '1' },
    keep: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const path = process.env.PJRT_CUDA ?? findPlugins([process.cwd()]).find(({ kind }) => kind === 'cuda')?.path;
if (!path) throw new Error('no CUDA plugin: facewright setup xla --cuda13 --without-driver');

const context = pluginContext(createRunContainer({ seed: 1 }), 'bench');
const model = await mobileFaceNet({ width: Number(values.width) }).create(context);
const loss = await (values.loss === 'arcface' ? arcFace() : softmax()).create(context);
const optimiser = await sgd({ momentum: 0.9, weightDecay: 5e-4 }).create(context);
const [n, classes] = [Number(values.batch), Number(values.classes)];
const { state } = firstState(model, { loss, optimiser }, classes, createRandom('bench'));
const [height, width] = model.inputSize;
const plain = simplify(
  capture(
    trainStep(model, loss, optimiser),
    {
      state,
      inputs: {
        images: { shape: [n, height, width, 3], dtype: 'uint8' },
        mirrored: { shape: [n], dtype: 'uint8' },
        labels: { shape: [n], dtype: 'int32' },
        rate: { shape: [], dtype: 'float32' },
      },
    },
    { name: 'train' },
  ),
);
const graph = process.env.STACK ? stackUpdates(plain) : plain;
const { text } = lower(graph, { platform: 'cuda', devices: 1, statistics: 1, precision: values.precision });
const directory = values.keep ?? mkdtempSync(join(tmpdir(), 'facewright-h100-'));
try {
  const start = performance.now();
  const hlo = await compileForH100(path, text, directory);
  const counts = countProgram(hlo);
  const seconds = (performance.now() - start) / 1000;
  const about = `${values.loss} over ${classes}, batch ${n}, ${values.precision}`;
  console.log(
    values.json
      ? JSON.stringify({ ...values, ...counts })
      : [
          `${about}: compiled for an H100 in ${seconds.toFixed(0)} s`,
          `kernels ${counts.kernels}: ${Object.entries(counts.byKind)
            .map(([kind, number]) => `${kind} ${number}`)
            .join(', ')}`,
          `transposes of activations ${counts.transposes}, copies ${counts.copies}, ${(counts.bytes / 1e9).toFixed(2)} GB read and written`,
        ].join('\n'),
  );
} finally {
  if (!values.keep) rmSync(directory, { recursive: true, force: true });
}
