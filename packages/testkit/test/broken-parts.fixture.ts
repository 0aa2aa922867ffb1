/**
 * Parts that are each wrong in one way, run under the suites by broken-parts.slow.test.ts, which expects exactly these
 * failures.
 */
import {
  createRandom,
  definePlugin,
  filled,
  hostTensor,
  landmarkPoints,
  openEagerEngine,
  softmaxCrossEntropy,
  type Engine,
  type HostTensors,
  type Logger,
  type Loss,
  type Model,
  type Optimiser,
  type RgbImage,
} from '@facewright/core';
import {
  testAligner,
  testAugmenter,
  testBackend,
  testDetector,
  testLogger,
  testLoss,
  testModel,
  testOptimiser,
  testReader,
} from '@facewright/testkit';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { appendFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';

const engine = (): Promise<Engine> => openEagerEngine({ name: 'cpu', tfBackend: 'cpu', device: 'plain JavaScript' });
const options = z.strictObject({});
const meta = <K extends string>(kind: K, name: string) => ({ name, kind, version: '0.0.0', apiVersion: 1 as const });
const normal = (shape: number[], random = createRandom(1)) =>
  hostTensor(
    shape,
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 0.3 * random.normal()),
  );

const loss = (name: string, apply: Loss['apply'], changes: Partial<Loss> = {}) =>
  testLoss(
    definePlugin({
      meta: meta('loss', name),
      options,
      create: () => ({
        init: (identities, embeddingSize, random) => ({
          params: { kernel: normal([embeddingSize, identities], random) },
          statistics: {},
        }),
        centres: ({ kernel }: HostTensors) => kernel,
        adopt: (kernel) => ({ kernel }),
        apply,
        ...changes,
      }),
    })(),
    { engine },
  );
const logitsOf = (embeddings: tf.Tensor2D, kernel: tf.Tensor): tf.Tensor2D =>
  tf.matMul(embeddings, kernel as tf.Tensor2D) as tf.Tensor2D;
const meanLoss = (logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Scalar =>
  tf.mean(softmaxCrossEntropy(logits, labels)) as tf.Scalar;

loss('margin-in-logits', ({ kernel }, _, embeddings, labels) => {
  const logits = logitsOf(embeddings, kernel);
  const withMargin = tf.sub(logits, tf.mul(tf.oneHot(labels, logits.shape[1], 1, 0, 'float32'), 0.5)) as tf.Tensor2D;
  return { loss: meanLoss(withMargin, labels), logits: withMargin };
});
loss('wrong-gradient', ({ kernel }, _, embeddings, labels) => {
  const doubled = tf.customGrad((x) => ({
    value: tf.clone(x as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => tf.mul(dy, 2),
  }));
  const logits = logitsOf(doubled(embeddings) as tf.Tensor2D, kernel);
  return { loss: meanLoss(logits, labels), logits };
});
loss('unguarded-norm', ({ kernel }, _, embeddings, labels) => {
  const length = tf.sqrt(tf.sum(tf.square(embeddings), 1, true));
  const logits = logitsOf(tf.div(embeddings, length) as tf.Tensor2D, kernel);
  return { loss: meanLoss(logits, labels), logits };
});
loss('summed', ({ kernel }, _, embeddings, labels) => {
  const logits = logitsOf(embeddings, kernel);
  return { loss: tf.sum(softmaxCrossEntropy(logits, labels)) as tf.Scalar, logits };
});

const model = (name: string, apply: Model['apply']) =>
  testModel(
    definePlugin({
      meta: meta('model', name),
      options,
      create: () => ({
        inputSize: [4, 4] as const,
        embeddingSize: 5,
        init: (random) => ({
          params: { kernel: normal([48, 5], random), bias: normal([5], random.fork('bias')) },
          statistics: { mean: filled([48], 0) },
        }),
        apply,
      }),
    })(),
    { engine },
  );
const flat = (images: tf.Tensor): tf.Tensor2D => tf.reshape(images, [-1, 48]);

model('batch-in-inference', ({ kernel, bias }, { mean }, images, mode) => {
  const x = flat(images);
  const embeddings = tf.add(
    tf.matMul(tf.sub(x, tf.mean(x, 0)) as tf.Tensor2D, kernel as tf.Tensor2D),
    bias,
  ) as tf.Tensor2D;
  return { embeddings, statistics: { mean: mode === 'train' ? tf.add(mean, tf.mean(x, 0)) : mean } };
});
model('unused-parameter', ({ kernel }, { mean }, images, mode) => ({
  embeddings: tf.matMul(flat(images), kernel as tf.Tensor2D) as tf.Tensor2D,
  statistics: { mean: mode === 'train' ? tf.add(mean, tf.mean(flat(images), 0)) : mean },
}));
model('still-statistics', ({ kernel, bias }, statistics, images) => ({
  embeddings: tf.add(tf.matMul(flat(images), kernel as tf.Tensor2D), bias) as tf.Tensor2D,
  statistics,
}));

const optimiser = (name: string, create: () => Optimiser) =>
  testOptimiser(definePlugin({ meta: meta('optimiser', name), options, create })(), { engine });
const descend =
  (sign: number): Optimiser['update'] =>
  ({ params, gradients, rate }) => ({
    params: Object.fromEntries(
      Object.keys(params).map((key) => [key, tf.sub(params[key], tf.mul(gradients[key], tf.mul(rate, sign)))]),
    ),
    memory: {},
  });
optimiser('ascends', () => ({ init: () => ({}), update: descend(-1) }));
optimiser('counts-inside', () => {
  let steps = 0;
  return { init: () => ({}), update: (step) => descend(1 + ++steps / 100)(step) };
});

const augmenter = (name: string, augment: (image: RgbImage) => RgbImage) =>
  testAugmenter(definePlugin({ meta: meta('augmenter', name), options, create: () => ({ augment }) })());
augmenter('unseeded', (image) => ({
  ...image,
  data: image.data.map((value) => value ^ Math.floor(256 * Math.random())),
}));
augmenter('in-place', (image) => {
  image.data.forEach((value, index) => (image.data[index] = 255 - value));
  return image;
});

const template = {
  leftEye: [38, 52],
  rightEye: [74, 52],
  nose: [56, 72],
  mouthLeft: [41, 92],
  mouthRight: [71, 92],
} as const;
testAligner(
  definePlugin({
    meta: meta('aligner', 'only-moves'),
    options,
    create: () => ({
      fingerprint: 'only-moves',
      size: 112,
      align: (image, landmarks) => {
        const [dx, dy] = landmarkPoints(landmarks)[2].map((value, axis) => Math.round(value - template.nose[axis]));
        const data = new Uint8Array(112 * 112 * 3).fill(128);
        for (let i = 0; i < data.length; i++) {
          const [x, y] = [(Math.floor(i / 3) % 112) + dx, Math.floor(i / 336) + dy];
          if (x >= 0 && y >= 0 && x < image.width && y < image.height)
            data[i] = image.data[(y * image.width + x) * 3 + (i % 3)];
        }
        return { width: 112, height: 112, data };
      },
    }),
  })(),
  { template },
);

const face = (confidence: number) => ({ box: { x: 0, y: 0, width: 5, height: 5 }, confidence, landmarks: template });
const grey = (): RgbImage => ({ width: 8, height: 8, data: new Uint8Array(192).fill(100) });
testDetector(
  definePlugin({
    meta: meta('detector', 'unsorted'),
    options,
    create: () => ({ detect: async ({ width }) => (width === 8 ? [face(0.5), face(0.9)] : []) }),
  })(),
  { photos: [{ name: 'two', image: grey, faces: 2 }] },
);
testDetector(
  definePlugin({
    meta: meta('detector', 'remembers'),
    options,
    create: () => {
      let seen = 0;
      return { detect: async ({ width }) => (width === 8 ? [face(1 / ++seen)] : []) };
    },
  })(),
  { photos: [{ name: 'one', image: grey, faces: 1 }] },
);

const reader = (name: string, list: () => readonly (readonly [string, readonly string[]])[]) =>
  testReader(
    definePlugin({
      meta: meta('reader', name),
      options,
      create: () => ({
        async *identities() {
          for (const [identity, ids] of list())
            yield { name: identity, photos: ids.map((id) => ({ id, identity, bytes: async () => Uint8Array.of(1) })) };
        },
      }),
    })(),
  );
let turn = 0;
reader('changing-order', () =>
  ++turn % 2
    ? [
        ['a', ['a/1']],
        ['b', ['b/1']],
      ]
    : [
        ['b', ['b/1']],
        ['a', ['a/1']],
      ],
);
reader('same-ids', () => [
  ['a', ['1']],
  ['b', ['1']],
]);
reader('absolute-ids', () => [['a', ['/home/a/1.jpg']]]);

/** The cpu engine, with half the digits of every result lost. */
testBackend(
  definePlugin({
    meta: meta('backend', 'half-precision'),
    options,
    create: () => ({
      probe: async () => ({ usable: true, device: 'half' }),
      open: async () => {
        const exact = await engine();
        return {
          ...exact,
          compile: (step, settings) => {
            const executable = exact.compile(step, settings);
            const rough = (tensors: HostTensors): HostTensors =>
              Object.fromEntries(
                Object.entries(tensors).map(([name, tensor]) => [
                  name,
                  tensor.dtype === 'int32'
                    ? tensor
                    : { ...tensor, data: tensor.data.map((value) => Number(value.toPrecision(3))) },
                ]),
              ) as HostTensors;
            return { ...executable, run: async (inputs) => rough(await executable.run(inputs)) };
          },
        };
      },
    }),
  })(),
);

testAugmenter(
  definePlugin({
    meta: meta('augmenter', 'skips-what-is-not-there'),
    options,
    create: () => ({ augment: (image: RgbImage) => ({ ...image, data: image.data.map((value) => 255 - value) }) }),
  })(),
  {
    skip: [
      { reason: 'shown in the name', tests: ['a textured image is changed'] },
      { reason: 'a slip of the pen', tests: ['a textured image is changd'] },
    ],
  },
);

const logger = (name: string, open: Logger['open']) =>
  testLogger(definePlugin({ meta: meta('logger', name), options, create: () => ({ open }) })());
const lines = (directory: string): string => join(directory, 'lines.txt');
logger('deaf-to-new-events', (directory) => ({
  reader: (event) => {
    if (event.type.startsWith('future')) throw new Error(`what is ${event.type}?`);
    appendFileSync(lines(directory), `${event.type}\n`);
  },
  close: () => {},
}));
logger('changes-events', (directory) => ({
  reader: (event) => appendFileSync(lines(directory), `${JSON.stringify(Object.assign(event, { seen: true }))}\n`),
  close: () => {},
}));
logger('starts-over', (directory) => {
  let [text, open] = ['', true];
  return {
    reader: ({ type }) => void (open && (text += `${type}\n`)),
    close: () => {
      open = false;
      writeFileSync(lines(directory), `${text.length} bytes\n${text}`);
    },
  };
});
let shared = '';
logger('shares-its-lines', (directory) => {
  let open = true;
  return {
    reader: ({ type }) => void (open && (shared += `${type}\n`)),
    close: () => {
      open = false;
      appendFileSync(lines(directory), shared);
    },
  };
});
logger('outside', (directory) => {
  let open = true;
  return {
    reader: ({ type }) => {
      if (open) for (const path of [directory, dirname(directory)]) appendFileSync(lines(path), `${type}\n`);
    },
    close: () => void (open = false),
  };
});
