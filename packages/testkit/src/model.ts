/**
 * The conformance suite for models: names and shapes, purity, running statistics, and a gradient for every parameter.
 */
import {
  createRandom,
  hostTensor,
  prefixed,
  stripPrefix,
  type Engine,
  type Executable,
  type HostTensor,
  type HostTensors,
  type InitialState,
  type Mode,
  type Model,
  type State,
} from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { create, openEngine, type EngineSource } from './support/context.js';
import { expectFinite, expectSame, moved, norm, normal, relativeError, signatureOf } from './support/numbers.js';
import { defineSuite, setUp, tearDown, type Check, type Subject, type SuiteOptions } from './support/suite.js';

export interface ModelSuiteOptions extends SuiteOptions {
  /** Runs the model a dozen times: on a slow engine, give the suite a narrow model. */
  readonly engine: EngineSource;
  /** Tolerance of the slope along the gradient against finite differences, relative to the gradient's norm. */
  readonly tolerance?: number;
}

const BATCH = 3;

function forward(model: Model, mode: Mode) {
  return (_: State, inputs: State): { outputs: State } => {
    const result = model.apply(
      stripPrefix('params', inputs),
      stripPrefix('statistics', inputs),
      inputs.images as tf.Tensor4D,
      mode,
    );
    return { outputs: { embeddings: result.embeddings, ...prefixed('statistics', result.statistics) } };
  };
}

/** The gradient of Σ embeddings · `weights` with respect to every parameter, in training. */
function gradients(model: Model, names: readonly string[]) {
  return (_: State, inputs: State): { outputs: State } => {
    const { value, grads } = tf.valueAndGrads((...params: tf.Tensor[]) => {
      const named = Object.fromEntries(names.map((name, index) => [name, params[index]]));
      const { embeddings } = model.apply(
        named,
        stripPrefix('statistics', inputs),
        inputs.images as tf.Tensor4D,
        'train',
      );
      return tf.sum(tf.mul(embeddings, inputs.weights)) as tf.Scalar;
    })(names.map((name) => inputs[`params/${name}`]));
    return {
      outputs: { value, ...Object.fromEntries(names.map((name, index) => [`gradient/${name}`, grads[index]])) },
    };
  };
}

/** The model under test with its initial parameters, compiled in both modes, and a batch of images. */
class ModelFixture {
  readonly random = createRandom('testkit/model');
  engine!: Engine;
  model!: Model;
  initial!: InitialState;
  images!: HostTensor;
  train!: Executable;
  infer!: Executable;

  async open(subject: Subject<'model'>, options: ModelSuiteOptions): Promise<void> {
    this.engine = await openEngine(options.engine);
    this.model = await create(subject, options);
    this.initial = this.model.init(this.random.fork('init'));
    const { shape, data } = normal([BATCH, ...this.model.inputSize, 3], this.random.fork('images'), 0.5);
    this.images = hostTensor(
      shape,
      data.map((value) => Math.max(-1, Math.min(1, value))),
    );
    this.train = this.engine.compile(forward(this.model, 'train'));
    this.infer = this.engine.compile(forward(this.model, 'infer'));
  }

  inputs(images = this.images): HostTensors {
    const { params, statistics } = this.initial;
    return { ...prefixed('params', params), ...prefixed('statistics', statistics), images };
  }

  async close(): Promise<void> {
    this.train?.dispose();
    this.infer?.dispose();
    await this.engine?.dispose();
  }
}

/** Registers the suite: `testModel(mobileFaceNet({ width: 0.125, inputSize: 32 }), { engine: cpu() })`. */
export function testModel(subject: Subject<'model'>, options: ModelSuiteOptions): void {
  const fixture = new ModelFixture();
  defineSuite('model', subject, options, (check) => {
    setUp(() => fixture.open(subject, options));
    tearDown(() => fixture.close());
    checkInit(check, fixture);
    checkModes(check, fixture);
    checkEmbeddings(check, fixture);
    checkGradient(check, fixture, options.tolerance ?? 0.03);
    check('groups are named by parameter', () => {
      const groups = Object.keys(fixture.initial.params).map((name) => fixture.model.groupOf?.(name));
      const isName = (group: unknown): boolean => typeof group === 'string' && group.length > 0;
      expect(groups.every((group) => group === undefined || isName(group))).toBe(true);
    });
  });
}

function checkInit(check: Check, fixture: ModelFixture): void {
  check('init depends on the random stream alone', () => {
    const { model, initial, random } = fixture;
    const again = model.init(random.fork('init'));
    expectSame(again.params, initial.params, 'parameters');
    expectSame(again.statistics, initial.statistics, 'statistics');
  });

  check('another seed draws other parameters of the same names and shapes', () => {
    const { model, initial } = fixture;
    const other = model.init(createRandom('another'));
    expect(signatureOf(other.params)).toEqual(signatureOf(initial.params));
    expect(signatureOf(other.statistics)).toEqual(signatureOf(initial.statistics));
    const differs = (name: string): boolean => relativeError(other.params[name].data, initial.params[name].data) > 0.1;
    expect(Object.keys(initial.params).some(differs)).toBe(true);
  });

  check('parameters and statistics are finite and have names of their own', () => {
    const { params, statistics } = fixture.initial;
    expectFinite(params);
    expectFinite(statistics);
    expect(Object.keys(params).filter((name) => name in statistics)).toEqual([]);
  });
}

function checkModes(check: Check, fixture: ModelFixture): void {
  check('embeddings are [n, embeddingSize] in both modes', async () => {
    for (const executable of [fixture.train, fixture.infer]) {
      const { embeddings } = await executable.run(fixture.inputs());
      expectFinite({ embeddings });
      expect(embeddings.shape).toEqual([BATCH, fixture.model.embeddingSize]);
    }
  });

  check('training gives new statistics under the same names', async () => {
    const { train, initial } = fixture;
    const statistics = stripPrefix('statistics', await train.run(fixture.inputs()));
    expectFinite(statistics);
    expect(signatureOf(statistics)).toEqual(signatureOf(initial.statistics));
    const still = Object.keys(statistics).filter(
      (name) => relativeError(statistics[name].data, initial.statistics[name].data) === 0,
    );
    expect(still, 'statistics that training does not move').toEqual([]);
  });

  check('inference gives the statistics back as they are', async () => {
    const { infer, initial } = fixture;
    expectSame(stripPrefix('statistics', await infer.run(fixture.inputs())), initial.statistics, 'statistics');
  });

  check('neither mode changes what it was given', async () => {
    const { engine, model } = fixture;
    const state = fixture.inputs();
    for (const mode of ['train', 'infer'] as const) {
      const executable = engine.compile((held) => ({ outputs: forward(model, mode)({}, held).outputs }), { state });
      await executable.run({});
      expectSame(await executable.readState(), state, `${mode}: state`);
      executable.dispose();
    }
  });
}

function checkEmbeddings(check: Check, fixture: ModelFixture): void {
  check('in inference an image has the same embedding in any batch', async () => {
    const { infer, images } = fixture;
    const { inputSize, embeddingSize } = fixture.model;
    const whole = (await infer.run(fixture.inputs())).embeddings;
    const pixels = inputSize[0] * inputSize[1] * 3;
    for (let i = 0; i < BATCH; i++) {
      const one = images.data.slice(i * pixels, (i + 1) * pixels) as Float32Array;
      const alone = (await infer.run(fixture.inputs(hostTensor([1, ...inputSize, 3], one)))).embeddings;
      const expected = whole.data.slice(i * embeddingSize, (i + 1) * embeddingSize);
      expect(relativeError(alone.data, expected), `image ${i}`).toBeLessThan(1e-4);
    }
  });

  check('different images have different embeddings', async () => {
    const { embeddingSize } = fixture.model;
    const { data } = (await fixture.train.run(fixture.inputs())).embeddings;
    const [first, second] = [data.slice(0, embeddingSize), data.slice(embeddingSize, 2 * embeddingSize)];
    expect(relativeError(first, second)).toBeGreaterThan(1e-3);
  });
}

function checkGradient(check: Check, fixture: ModelFixture, tolerance: number): void {
  check('a gradient flows into every parameter and agrees with finite differences', async () => {
    const { engine, model, initial, random } = fixture;
    const names = Object.keys(initial.params);
    const executable = engine.compile(gradients(model, names));
    const given = { ...fixture.inputs(), weights: normal([BATCH, model.embeddingSize], random.fork('weights')) };
    const result = await executable.run(given);
    expectFinite(result);
    const without = names.filter((name) => norm(result[`gradient/${name}`].data) === 0);
    expect(without, 'parameters without a gradient').toEqual([]);
    const valueOf = async (changed: HostTensors): Promise<number> => (await executable.run(changed)).value.data[0];
    await expectSlope(names, given, result, valueOf, tolerance);
    executable.dispose();
  });
}

/**
 * The slope along the gradient, over all parameters together, must equal the gradient's norm. The direction is scaled
 * by each parameter's size, so that large and small tensors move equally.
 */
async function expectSlope(
  names: readonly string[],
  given: HostTensors,
  result: HostTensors,
  valueOf: (changed: HostTensors) => Promise<number>,
  tolerance: number,
): Promise<void> {
  const directions = new Map(
    names.map((name) => {
      const gradient = result[`gradient/${name}`].data;
      const scale = Math.max(0.05, norm(given[`params/${name}`].data)) / norm(gradient);
      return [name, Array.from(gradient, (value) => value * scale)];
    }),
  );
  const claimed = names.reduce(
    (sum, name) =>
      sum +
      directions.get(name)!.reduce((part, value, index) => part + value * result[`gradient/${name}`].data[index], 0),
    0,
  );
  let best = Infinity;
  for (const width of [0.01, 0.003, 0.001, 0.0003, 0.0001]) {
    const at = (sign: number): Promise<number> =>
      valueOf({
        ...given,
        ...Object.fromEntries(
          names.map((name) => [`params/${name}`, moved(given[`params/${name}`], directions.get(name)!, sign * width)]),
        ),
      });
    best = Math.min(best, Math.abs(((await at(1)) - (await at(-1))) / (2 * width) - claimed) / claimed);
    if (best <= tolerance) break;
  }
  expect(best, "the gradient's slope against finite differences").toBeLessThanOrEqual(tolerance);
}
