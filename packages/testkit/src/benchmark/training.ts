/** Benchmarks of the parts of a training step: each is timed in a step of its own, with its gradients, on an engine. */
import {
  batchNormTraining,
  createRandom,
  filled,
  hostScalar,
  hostTensor,
  prefixed,
  prelu,
  stripPrefix,
  type ConfiguredPlugin,
  type Engine,
  type HostTensors,
  type State,
  type StepFunction,
} from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { create, openEngine, type EngineSource } from '../support/context.js';
import { normal } from '../support/draws.js';
import { measure, type BenchmarkOptions, type Candidate, type Figures } from './measure.js';

export interface TrainingBenchmarkOptions extends BenchmarkOptions {
  /** The engine that all of them run on. */
  readonly engine: EngineSource;
  /** Images in a batch; default 32. */
  readonly batch?: number;
}

export interface LossBenchmarkOptions extends TrainingBenchmarkOptions {
  /** Default 1,000. */
  readonly identities?: number;
  /** Default 128. */
  readonly embeddingSize?: number;
}

interface Timed {
  readonly name: string;
  readonly step: StepFunction;
  readonly state: HostTensors;
  readonly inputs: HostTensors;
}

const random = createRandom('testkit/benchmark');

function candidate(engine: Engine, { name, step, state, inputs }: Timed): Candidate {
  const executable = engine.compile(step, { name, state });
  return { name, run: () => executable.run(inputs), dispose: () => executable.dispose() };
}

async function timed(timed: readonly Timed[], engine: Engine, options: BenchmarkOptions): Promise<Figures[]> {
  try {
    return await measure(
      timed.map((one) => candidate(engine, one)),
      options,
    );
  } finally {
    await engine.dispose();
  }
}

/** Gradients of a scalar to parameters by name. */
function gradientsOf(params: State, value: (params: State) => tf.Scalar): State {
  const names = Object.keys(params);
  const named = (tensors: readonly tf.Tensor[]): State =>
    Object.fromEntries(names.map((name, i) => [name, tensors[i]]));
  const { grads } = tf.valueAndGrads((...tensors: tf.Tensor[]) => value(named(tensors)))(
    names.map((name) => params[name]),
  );
  return named(grads);
}

/** Times the loss with its gradients to parameters and embeddings: `benchmarkLoss([mine(), arcFace()], { engine: onnx() })`. */
export async function benchmarkLoss(
  plugins: readonly ConfiguredPlugin<'loss'>[],
  options: LossBenchmarkOptions,
): Promise<Figures[]> {
  const { batch = 32, identities = 1000, embeddingSize = 128 } = options;
  const inputs = {
    embeddings: normal([batch, embeddingSize], random.fork('embeddings')),
    labels: hostTensor(
      [batch],
      Int32Array.from({ length: batch }, () => random.integer(identities)),
    ),
  };
  const all = plugins.map(async (plugin): Promise<Timed> => {
    const loss = await create(plugin);
    const { params, statistics } = loss.init(identities, embeddingSize, random.fork('init'));
    const step: StepFunction = (state, { embeddings, labels }) => {
      const { embeddings: slope, ...rest } = gradientsOf(
        { ...stripPrefix('params', state), embeddings },
        ({ embeddings, ...params }) =>
          loss.apply(params, stripPrefix('statistics', state), embeddings as tf.Tensor2D, labels as tf.Tensor1D).loss,
      );
      return { state: descended(state, rest), outputs: { slope: tf.sum(slope) } };
    };
    return {
      name: plugin.meta.name,
      step,
      state: { ...prefixed('params', params), ...prefixed('statistics', statistics) },
      inputs,
    };
  });
  return timed(await Promise.all(all), await openEngine(options.engine), options);
}

/** Parameters a little further down, so that no engine leaves the gradients out. */
const descended = (state: State, gradients: State): State =>
  Object.fromEntries(
    Object.entries(gradients).map(([name, gradient]) => [
      `params/${name}`,
      tf.sub(state[`params/${name}`], tf.mul(gradient, 1e-6)),
    ]),
  );

/** Times the model in training, forwards and backwards: `benchmarkModel([mine(), mobileFaceNet()], { engine: onnx() })`. */
export async function benchmarkModel(
  plugins: readonly ConfiguredPlugin<'model'>[],
  options: TrainingBenchmarkOptions,
): Promise<Figures[]> {
  const { batch = 32 } = options;
  const all = plugins.map(async (plugin): Promise<Timed> => {
    const model = await create(plugin);
    const { params, statistics } = model.init(random.fork('init'));
    const step: StepFunction = (state, { images }) => {
      const gradients = gradientsOf(stripPrefix('params', state), (params) =>
        tf.mean(
          tf.square(model.apply(params, stripPrefix('statistics', state), images as tf.Tensor4D, 'train').embeddings),
        ),
      );
      return { state: descended(state, gradients), outputs: {} };
    };
    return {
      name: plugin.meta.name,
      step,
      state: { ...prefixed('params', params), ...prefixed('statistics', statistics) },
      inputs: { images: normal([batch, ...model.inputSize, 3], random.fork('images'), 0.5) },
    };
  });
  return timed(await Promise.all(all), await openEngine(options.engine), options);
}

/** Times an update of a million parameters: `benchmarkOptimiser([mine(), adam()], { engine: onnx() })`. */
export async function benchmarkOptimiser(
  plugins: readonly ConfiguredPlugin<'optimiser'>[],
  options: BenchmarkOptions & { readonly engine: EngineSource },
): Promise<Figures[]> {
  const params = Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [name, normal([500, 500], random.fork(name))]));
  const all = plugins.map(async (plugin): Promise<Timed> => {
    const optimiser = await create(plugin);
    const step: StepFunction = (state, { rate }) => {
      const held = stripPrefix('params', state);
      const next = optimiser.update({
        params: held,
        gradients: held,
        memory: stripPrefix('memory', state),
        rate: rate as tf.Scalar,
        groupOf: () => undefined,
      });
      return { state: { ...prefixed('params', next.params), ...prefixed('memory', next.memory) }, outputs: {} };
    };
    const state = { ...prefixed('params', params), ...prefixed('memory', optimiser.init(params)) };
    return { name: plugin.meta.name, step, state, inputs: { rate: hostScalar(1e-6) } };
  });
  return timed(await Promise.all(all), await openEngine(options.engine), options);
}

export interface BackendBenchmarkOptions extends BenchmarkOptions {
  /** Images in a batch; default 32. */
  readonly batch?: number;
  /** Side of the images in pixels; default 56. */
  readonly side?: number;
}

/**
 * Times a training step of a small convolutional network on each engine: convolution, batch norm, PReLU, depthwise convolution and a matrix product,
 * with the gradients: `benchmarkBackend([mine(), onnx(), wasm()])`.
 */
export async function benchmarkBackend(
  plugins: readonly ConfiguredPlugin<'backend'>[],
  options: BackendBenchmarkOptions = {},
): Promise<Figures[]> {
  const { batch = 32, side = 56 } = options;
  const inputs = { images: normal([batch, side, side, 3], random.fork('images')) };
  const channels = 32;
  const features = Math.ceil(side / 2) ** 2 * channels;
  const state: HostTensors = prefixed('params', {
    conv: normal([3, 3, 3, channels], random.fork('conv'), 0.2),
    gamma: filled([channels], 1),
    beta: filled([channels], 0),
    alpha: filled([channels], 0.25),
    depthwise: normal([3, 3, channels, 1], random.fork('depthwise'), 0.2),
    dense: normal([features, 64], random.fork('dense'), 0.01),
  });
  const candidates = plugins.map(async (plugin) => {
    const engine = await openEngine(plugin);
    const made = candidate(engine, { name: plugin.meta.name, step: network(batch), state, inputs });
    return {
      ...made,
      dispose: async () => {
        await made.dispose?.();
        await engine.dispose();
      },
    };
  });
  return measure(await Promise.all(candidates), options);
}

/** A step that lowers the mean square of what the network gives. */
function network(batch: number): StepFunction {
  return (state, { images }) => {
    const gradients = gradientsOf(stripPrefix('params', state), ({ conv, gamma, beta, alpha, depthwise, dense }) => {
      const stem = tf.conv2d(images as tf.Tensor4D, conv as tf.Tensor4D, 2, 'same');
      const active = prelu(
        batchNormTraining(stem, gamma as tf.Tensor1D, beta as tf.Tensor1D, 1e-3).y,
        alpha as tf.Tensor1D,
      );
      const features = tf.depthwiseConv2d(active as tf.Tensor4D, depthwise as tf.Tensor4D, 1, 'same');
      return tf.mean(tf.square(tf.matMul(tf.reshape(features, [batch, -1]) as tf.Tensor2D, dense as tf.Tensor2D)));
    });
    return { state: descended(state, gradients), outputs: {} };
  };
}
