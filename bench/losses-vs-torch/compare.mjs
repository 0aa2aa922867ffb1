// Compares values and gradients of every loss with PyTorch's: pytorch-metric-learning's losses where available,
// otherwise the papers' formulas in torch (torch_losses.py). Build first (npm run build), then:
//   node bench/losses-vs-torch/compare.mjs
//
// PYTHON names an interpreter with requirements.txt installed; without it a virtual environment is created next to this
// file.
import { cpu } from '@facewright/backend-cpu';
import { createEventStream, createRandom, hostScalar, hostTensor } from '@facewright/core';
import {
  adaFace,
  arcFace,
  combinedMargin,
  cosFace,
  curricularFace,
  magFace,
  normalisedSoftmax,
  softmax,
  subCentreArcFace,
} from '@facewright/losses';
import * as tf from '@tensorflow/tfjs-core';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const SAMPLES = 64;
const IDENTITIES = 200;
const SIZE = 128;
const K = 3;
const directory = import.meta.dirname;

const context = {
  random: createRandom(1),
  emit: createEventStream().emit,
  signal: new AbortController().signal,
  baseDirectory: '.',
};
const engine = await (await cpu().create(context)).open();
const normal = (shape, purpose, scale = 1) => {
  const draw = createRandom(`bench ${purpose}`);
  return hostTensor(
    shape,
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => scale * draw.normal()),
  );
};

const centres = normal([SIZE, IDENTITIES], 'centres');
const subCentres = normal([SIZE, K * IDENTITIES], 'sub-centres');
const draw = createRandom('bench labels');
const labels = hostTensor(
  [SAMPLES],
  Int32Array.from({ length: SAMPLES }, () => draw.integer(IDENTITIES)),
);
// from close to its centre to opposite it, with lengths from 2 to 80
const embeddings = normal([SAMPLES, SIZE], 'embeddings');
for (let i = 0; i < SAMPLES; i++) {
  const pull = -3 + (6 * i) / (SAMPLES - 1);
  const length = (2 + (78 * ((i * 37) % SAMPLES)) / SAMPLES) / Math.sqrt(SIZE * (1 + pull ** 2));
  for (let k = 0; k < SIZE; k++)
    embeddings.data[i * SIZE + k] =
      length * (embeddings.data[i * SIZE + k] + pull * centres.data[k * IDENTITIES + labels.data[i]]);
}

const losses = [
  ['softmax', softmax({ bias: false }), { kernel: centres }],
  ['normalised-softmax', normalisedSoftmax({ s: 32 }), { centres }],
  ['arcface fallback', arcFace({ beyond: 'fallback' }), { centres }],
  ['arcface plain', arcFace(), { centres }],
  ['cosface', cosFace(), { centres }],
  ['combined-margin', combinedMargin({ m1: 0.9, m2: 0.4, m3: 0.15 }), { centres }],
  [
    'sub-centre-arcface',
    subCentreArcFace({ k: K, beyond: 'fallback' }),
    { centres: subCentres },
    { uses: hostTensor([K, IDENTITIES], new Float32Array(K * IDENTITIES)) },
  ],
  ['adaface', adaFace(), { centres }, { mean: hostScalar(20), deviation: hostScalar(100) }],
  ['magface', magFace(), { centres }],
  ['curricularface', curricularFace(), { centres }, { t: hostScalar(0.3) }],
];

const ours = {};
for (const [name, plugin, params, statistics = {}] of losses) {
  const loss = await plugin.create(context);
  const [parameter] = Object.keys(params);
  const running = (inputs) =>
    Object.fromEntries(Object.keys(statistics).map((key) => [key, inputs[`statistics/${key}`]]));
  const executable = engine.compile((_, inputs) => {
    const { value, grads } = tf.valueAndGrads(
      (x, w) => loss.apply({ [parameter]: w }, running(inputs), x, inputs.labels).loss,
    )([inputs.embeddings, inputs.parameter]);
    return { outputs: { value, embeddings: grads[0], parameter: grads[1] } };
  });
  const given = Object.fromEntries(Object.entries(statistics).map(([key, tensor]) => [`statistics/${key}`, tensor]));
  const outputs = await executable.run({ embeddings, labels, parameter: params[parameter], ...given });
  executable.dispose();
  ours[name] = { value: outputs.value.data[0], embeddings: outputs.embeddings.data, parameter: outputs.parameter.data };
}

const tensors = {
  samples: SAMPLES,
  identities: IDENTITIES,
  size: SIZE,
  k: K,
  embeddings: [...embeddings.data],
  labels: [...labels.data],
  centres: [...centres.data],
  subCentres: [...subCentres.data],
};
const answer = JSON.parse(
  execFileSync(python(), [join(directory, 'torch_losses.py')], {
    input: JSON.stringify(tensors),
    maxBuffer: 2 ** 30,
    stdio: ['pipe', 'pipe', 'inherit'],
  }),
);

const apart = (a, b) =>
  Math.sqrt(a.reduce((sum, v, i) => sum + (v - b[i]) ** 2, 0)) / Math.sqrt(b.reduce((sum, v) => sum + v ** 2, 0));
console.log(
  `${SAMPLES} embeddings of ${SIZE} numbers, ${IDENTITIES} identities; torch ${answer.versions.torch}, pytorch-metric-learning ${answer.versions.pml}`,
);
console.log('differences relative to torch: of the value, and of gradients as norms');
console.table(
  Object.fromEntries(
    Object.entries(answer.losses).map(([name, theirs]) => [
      name,
      {
        beside: theirs.source,
        value: Number(ours[name].value.toFixed(5)),
        torch: Number(theirs.value.toFixed(5)),
        difference: (Math.abs(ours[name].value - theirs.value) / Math.abs(theirs.value)).toExponential(1),
        'of d/d embeddings': apart(Array.from(ours[name].embeddings), theirs.embeddings).toExponential(1),
        'of d/d centres': apart(Array.from(ours[name].parameter), theirs.parameter).toExponential(1),
      },
    ]),
  ),
);

function python() {
  if (process.env.PYTHON) return process.env.PYTHON;
  const venv = join(directory, '.venv');
  if (!existsSync(join(venv, 'bin', 'python'))) {
    execFileSync('python3', ['-m', 'venv', venv], { stdio: 'inherit' });
    execFileSync(join(venv, 'bin', 'pip'), ['install', '-q', '-r', join(directory, 'requirements.txt')], {
      stdio: 'inherit',
    });
  }
  return join(venv, 'bin', 'python');
}
