/** The conformance suite of models: names and shapes, purity, running statistics, and a gradient into every parameter. */
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
import { afterAll, beforeAll, expect } from 'vitest';
import { create, openEngine, type EngineSource } from './support/context.js';
import { expectFinite, expectSame, moved, norm, normal, relativeError, signatureOf } from './support/numbers.js';
import { defineSuite, type Subject, type SuiteOptions } from './support/suite.js';

export interface ModelSuiteOptions extends SuiteOptions {
  /** The model runs on it a dozen times: on a slow engine give the suite a narrow model. */
  readonly engine: EngineSource;
  /** Allowed error of the gradient's slope against finite differences, relative to the gradient's norm. */
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

/** The gradient of Σ embeddings · `weights` to every parameter, in training. */
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

/** Registers the suite: `testModel(mobileFaceNet({ width: 0.125, inputSize: 32 }), { engine: cpu() })`. */
export function testModel(subject: Subject<'model'>, options: ModelSuiteOptions): void {
  const { tolerance = 0.03 } = options;
  const random = createRandom('testkit/model');
  defineSuite('model', subject, options, (check) => {
    let engine: Engine;
    let model: Model;
    let initial: InitialState;
    let images: HostTensor;
    let train: Executable;
    let infer: Executable;

    beforeAll(async () => {
      engine = await openEngine(options.engine);
      model = await create(subject, options);
      initial = model.init(random.fork('init'));
      images = hostTensor(
        [BATCH, ...model.inputSize, 3],
        normal([BATCH, ...model.inputSize, 3], random.fork('images'), 0.5).data.map((value) =>
          Math.max(-1, Math.min(1, value)),
        ),
      );
      train = engine.compile(forward(model, 'train'));
      infer = engine.compile(forward(model, 'infer'));
    });
    afterAll(async () => {
      train?.dispose();
      infer?.dispose();
      await engine?.dispose();
    });

    const inputs = (given = images): HostTensors => ({
      ...prefixed('params', initial.params),
      ...prefixed('statistics', initial.statistics),
      images: given,
    });

    check('init depends on the random stream alone', () => {
      const again = model.init(random.fork('init'));
      expectSame(again.params, initial.params, 'parameters');
      expectSame(again.statistics, initial.statistics, 'statistics');
    });

    check('another seed draws other parameters of the same names and shapes', () => {
      const other = model.init(createRandom('another'));
      expect(signatureOf(other.params)).toEqual(signatureOf(initial.params));
      expect(signatureOf(other.statistics)).toEqual(signatureOf(initial.statistics));
      expect(
        Object.keys(initial.params).some(
          (name) => relativeError(other.params[name].data, initial.params[name].data) > 0.1,
        ),
      ).toBe(true);
    });

    check('parameters and statistics are finite and have names of their own', () => {
      expectFinite(initial.params);
      expectFinite(initial.statistics);
      expect(Object.keys(initial.params).filter((name) => name in initial.statistics)).toEqual([]);
    });

    check('embeddings are [n, embeddingSize] in both modes', async () => {
      for (const executable of [train, infer]) {
        const { embeddings } = await executable.run(inputs());
        expectFinite({ embeddings });
        expect(embeddings.shape).toEqual([BATCH, model.embeddingSize]);
      }
    });

    check('training gives new statistics under the same names', async () => {
      const statistics = stripPrefix('statistics', await train.run(inputs()));
      expectFinite(statistics);
      expect(signatureOf(statistics)).toEqual(signatureOf(initial.statistics));
      const still = Object.keys(statistics).filter(
        (name) => relativeError(statistics[name].data, initial.statistics[name].data) === 0,
      );
      expect(still, 'statistics that training does not move').toEqual([]);
    });

    check('inference gives the statistics back as they are', async () => {
      expectSame(stripPrefix('statistics', await infer.run(inputs())), initial.statistics, 'statistics');
    });

    check('neither mode changes what it was given', async () => {
      const state = inputs();
      for (const mode of ['train', 'infer'] as const) {
        const executable = engine.compile((held) => ({ outputs: forward(model, mode)({}, held).outputs }), { state });
        await executable.run({});
        expectSame(await executable.readState(), state, `${mode}: state`);
        executable.dispose();
      }
    });

    check('in inference an image has the same embedding in any batch', async () => {
      const whole = (await infer.run(inputs())).embeddings;
      const [height, width] = model.inputSize;
      for (let i = 0; i < BATCH; i++) {
        const one = hostTensor(
          [1, height, width, 3],
          images.data.slice(i * height * width * 3, (i + 1) * height * width * 3) as Float32Array,
        );
        const alone = (await infer.run(inputs(one))).embeddings;
        const expected = whole.data.slice(i * model.embeddingSize, (i + 1) * model.embeddingSize);
        expect(relativeError(alone.data, expected), `image ${i}`).toBeLessThan(1e-4);
      }
    });

    check('different images have different embeddings', async () => {
      const { data } = (await train.run(inputs())).embeddings;
      expect(
        relativeError(data.slice(0, model.embeddingSize), data.slice(model.embeddingSize, 2 * model.embeddingSize)),
      ).toBeGreaterThan(1e-3);
    });

    check('a gradient flows into every parameter and agrees with finite differences', async () => {
      const names = Object.keys(initial.params);
      const executable = engine.compile(gradients(model, names));
      const given = { ...inputs(), weights: normal([BATCH, model.embeddingSize], random.fork('weights')) };
      const result = await executable.run(given);
      expectFinite(result);
      expect(
        names.filter((name) => norm(result[`gradient/${name}`].data) === 0),
        'parameters without a gradient',
      ).toEqual([]);
      await expectSlope(
        names,
        given,
        result,
        (changed) => executable.run(changed).then(({ value }) => value.data[0]),
        tolerance,
      );
      executable.dispose();
    });

    check('groups are named by parameter', () => {
      const groups = Object.keys(initial.params).map((name) => model.groupOf?.(name));
      expect(groups.every((group) => group === undefined || (typeof group === 'string' && group.length > 0))).toBe(
        true,
      );
    });
  });
}

/**
 * The slope along the gradient, over all parameters together, must be the gradient's norm. The direction is scaled by each parameter's own
 * size, so that large and small tensors move alike.
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
  }
  expect(best, "the gradient's slope against finite differences").toBeLessThanOrEqual(tolerance);
}
