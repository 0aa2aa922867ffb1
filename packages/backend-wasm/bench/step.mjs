// Times a training step of a narrow MobileFaceNet (forward, gradients, SGD) and prints images per second; --kernels
// adds a breakdown by kernel.
//   npx tsc -b packages/backend-wasm packages/backend-cpu
//   node packages/backend-wasm/bench/step.mjs [--backend wasm|cpu] [--width 0.25] [--size 64] [--batch 32] [--steps 6] [--kernels]
import { batchNormTraining, createRandom, hostScalar, hostTensor, prelu, softmaxCrossEntropy } from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'wasm' },
    width: { type: 'string', default: '0.25' },
    size: { type: 'string', default: '64' },
    batch: { type: 'string', default: '32' },
    steps: { type: 'string', default: '6' },
    kernels: { type: 'boolean', default: false },
  },
});
const [width, size, batch, steps] = [values.width, values.size, values.batch, values.steps].map(Number);
const CLASSES = 50;

const random = createRandom(1);
const params = {};
const normal = (name, shape, fanIn) => {
  params[name] ??= hostTensor(
    shape,
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal() * Math.sqrt(2 / fanIn)),
  );
  return name;
};
const constant = (name, channels, value) => {
  params[name] ??= hostTensor([channels], new Float32Array(channels).fill(value));
  return name;
};

/** Runs the network with parameters from `get(name)`; also called once with shapes only, to collect them. */
function net(images, get) {
  let x = images;
  const normalised = (name, channels, linear) => {
    x = batchNormTraining(x, get(constant(`${name}/gamma`, channels, 1)), get(constant(`${name}/beta`, channels, 0))).y;
    if (!linear) x = prelu(x, get(constant(`${name}/alpha`, channels, 0.25)));
  };
  const conv = (name, channels, kernel, stride, linear) => {
    const inputs = x.shape[3];
    x = tf.conv2d(
      x,
      get(normal(`${name}/kernel`, [kernel, kernel, inputs, channels], kernel * kernel * inputs)),
      stride,
      kernel === 3 ? 1 : 0,
    );
    normalised(name, channels, linear);
  };
  const depthwise = (name, kernel, stride, linear) => {
    const channels = x.shape[3];
    x = tf.depthwiseConv2d(
      x,
      get(normal(`${name}/kernel`, [kernel, kernel, channels, 1], kernel * kernel)),
      stride,
      kernel === 3 ? 1 : 0,
    );
    normalised(name, channels, linear);
  };
  const channelsOf = (channels) => Math.max(4, Math.round(channels * width));
  conv('stem', channelsOf(64), 3, 2);
  depthwise('stem2', 3, 1);
  for (const [stage, [t, c, n, s]] of [
    [2, 64, 5, 2],
    [4, 128, 1, 2],
    [2, 128, 6, 1],
    [4, 128, 1, 2],
    [2, 128, 2, 1],
  ].entries()) {
    for (let block = 0; block < n; block++) {
      const before = x;
      const name = `stage${stage}/block${block}`;
      const stride = block === 0 ? s : 1;
      conv(`${name}/expand`, x.shape[3] * t, 1, 1);
      depthwise(`${name}/depthwise`, 3, stride);
      conv(`${name}/project`, channelsOf(c), 1, 1, true);
      if (stride === 1 && before.shape[3] === x.shape[3]) x = tf.add(x, before);
    }
  }
  conv('head', channelsOf(512), 1, 1);
  depthwise('global', x.shape[1], 1, true);
  conv('embedding', 128, 1, 1, true);
  return tf.matMul(tf.reshape(x, [x.shape[0], 128]), get(normal('classes', [128, CLASSES], 128)));
}

function step(state, { images, labels, rate }) {
  const names = Object.keys(state);
  const { value, grads } = tf.valueAndGrads((...tensors) => {
    const byName = Object.fromEntries(names.map((name, index) => [name, tensors[index]]));
    return tf.mean(
      softmaxCrossEntropy(
        net(images, (name) => byName[name]),
        labels,
      ),
    );
  })(names.map((name) => state[name]));
  return {
    state: Object.fromEntries(names.map((name, index) => [name, tf.sub(state[name], tf.mul(grads[index], rate))])),
    outputs: { loss: value },
  };
}

const backend = await (await import(`@facewright/backend-${values.backend}`)).default().create();
const engine = await backend.open();
const inputs = {
  images: hostTensor(
    [batch, size, size, 3],
    Float32Array.from({ length: batch * size * size * 3 }, () => 2 * random.uniform() - 1),
  ),
  labels: hostTensor(
    [batch],
    Int32Array.from({ length: batch }, (_, i) => i % CLASSES),
  ),
  rate: hostScalar(0.05),
};
// running one image through the network collects the parameters' names and shapes
const probe = engine.compile((_, { image }) => ({
  outputs: { logits: net(image, (name) => tf.tensor(params[name].data, params[name].shape)) },
}));
await probe.run({ image: hostTensor([1, size, size, 3], inputs.images.data.slice(0, size * size * 3)) });
probe.dispose();

const spent = new Map();
if (values.kernels) timeKernels();
const executable = engine.compile(step, { state: params });
const times = [];
const cpuTimes = [];
for (let i = 0; i < steps; i++) {
  if (i === 1) spent.clear();
  const start = performance.now();
  const cpuStart = process.cpuUsage();
  const { loss } = await executable.run(inputs);
  times.push(performance.now() - start);
  const { user, system } = process.cpuUsage(cpuStart);
  cpuTimes.push((user + system) / 1000);
  console.log(
    `step ${i + 1}  loss ${loss.data[0].toFixed(5)}  ${times.at(-1).toFixed(0)} ms (CPU ${cpuTimes.at(-1).toFixed(0)})  tensors ${tf.memory().numTensors}  ${(tf.memory().numBytes / 2 ** 20).toFixed(1)} MiB`,
  );
}
const best = Math.min(...times.slice(1));
const cpuBest = Math.min(...cpuTimes.slice(1));
console.log(
  `${engine.name} (${engine.device}), width ${width}, ${size}×${size}, batch ${batch}: best ${best.toFixed(0)} ms a step, ${((1000 * batch) / best).toFixed(1)} img/s; ${cpuBest.toFixed(0)} ms of CPU, ${((1000 * batch) / cpuBest).toFixed(1)} images a CPU-second`,
);
if (values.kernels) {
  const rows = [...spent].map(([name, { own, calls }]) => ({
    kernel: name,
    ms: +(own / (steps - 1)).toFixed(1),
    calls: calls / (steps - 1),
  }));
  console.table(rows.sort((a, b) => b.ms - a.ms).slice(0, 30));
}

/** Time spent in each kernel itself, without the kernels it calls. */
function timeKernels() {
  const stack = [];
  for (const kernel of tf.getKernelsForBackend(values.backend)) {
    const run = kernel.kernelFunc;
    tf.unregisterKernel(kernel.kernelName, values.backend);
    tf.registerKernel({
      ...kernel,
      setupFunc: undefined, // has run
      disposeFunc: undefined,
      kernelFunc: (args) => {
        const start = performance.now();
        stack.push(0);
        const result = run(args);
        const whole = performance.now() - start;
        const inner = stack.pop();
        if (stack.length) stack[stack.length - 1] += whole;
        const parent = `${kernel.kernelName}`;
        const entry = spent.get(parent) ?? { own: 0, calls: 0 };
        spent.set(parent, { own: entry.own + whole - inner, calls: entry.calls + 1 });
        return result;
      },
    });
  }
}
