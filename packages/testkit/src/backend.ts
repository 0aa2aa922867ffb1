/**
 * The conformance suite for backends: operations and their gradients against float64 loops, ten training steps, state
 * between calls, changing shapes, and leaks.
 */
import {
  batchNormTraining,
  createRandom,
  filled,
  hostScalar,
  hostTensor,
  softmaxCrossEntropy,
  type Backend,
  type Engine,
  type Executable,
  type HostTensor,
  type HostTensors,
  type State,
} from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { OPS, type OpCase } from './backend-ops.js';
import { checkState } from './backend-state.js';
import { checkTraining } from './backend-training.js';
import type { BackendTest } from './support/backend-test.js';
import { create, failOnFallback } from './support/context.js';
import { expectClose, expectFinite, normal } from './support/numbers.js';
import { channelMean, channelVariance, exactOf, gradientsOf, type Exact } from './support/reference.js';
import { defineSuite, grouped, setUp, tearDown, type Subject, type SuiteOptions } from './support/suite.js';

export interface BackendSuiteOptions extends SuiteOptions {
  /** Tolerance of values and gradients, relative to the norm of the whole tensor; default 1e-4 (float32). */
  readonly tolerance?: number;
  /**
   * What the engine has no lowering for (as its event `engine.fallback` reports) and runs op by op; any other fallback
   * fails.
   */
  readonly fallbacks?: readonly { readonly reason: string; readonly missing: readonly string[] }[];
}

/** Registers the suite: `testBackend(wasm())`. */
export function testBackend(subject: Subject<'backend'>, options: BackendSuiteOptions = {}): void {
  const { tolerance = 1e-4, fallbacks = [] } = options;
  defineSuite('backend', subject, options, (check) => {
    let backend: Backend;
    let engine: Engine;
    const open: Executable[] = [];
    setUp(async () => {
      backend = await create(subject, { emit: failOnFallback(fallbacks.flatMap(({ missing }) => missing)) });
      engine = await backend.open();
    });
    tearDown(async () => {
      for (const executable of open) executable.dispose();
      await engine?.dispose();
    });
    const compile: BackendTest['compile'] = (step, state) => {
      const executable = engine.compile(step, { state });
      open.push(executable);
      return executable;
    };
    const once: BackendTest['once'] = async (step, inputs) => {
      const executable = engine.compile((_, given) => ({ outputs: step(given) }));
      try {
        return await executable.run(inputs);
      } finally {
        executable.dispose();
      }
    };
    const suite: BackendTest = { check, tolerance, once, compile, engine: () => engine };

    check('it says whether it can be used, and on what', async () => {
      const { usable, device } = await backend.probe();
      expect(usable).toBe(true);
      expect(device?.length).toBeGreaterThan(0);
      expect(engine.name.length).toBeGreaterThan(0);
      expect(engine.device.length).toBeGreaterThan(0);
    });
    for (const op of OPS) checkOp(suite, op);
    checkKinds({ ...suite, check: grouped(check, 'kinds of numbers') });
    checkState({ ...suite, check: grouped(check, 'state') });
    checkTraining({ ...suite, check: grouped(check, 'training') });
  });
}

/** The exact gradients of an operation, by its name: the draws are the same for every engine, and slopes take long. */
const knownGradients = new Map<string, Exact[]>();

function checkOp(
  { check, tolerance, once }: BackendTest,
  { name, inputs: shapes, op, exact, scale = 1, positive, gradient }: OpCase,
): void {
  const random = createRandom('testkit/backend').fork(name);
  const draw = (shape: readonly number[], index: number): HostTensor => {
    const values = normal(shape, random.fork(index), scale);
    return positive
      ? hostTensor(
          shape,
          Float32Array.from(values.data, (value) => Math.abs(value) + 0.5),
        )
      : values;
  };
  const values = shapes.map(draw);
  const inputs: HostTensors = Object.fromEntries(values.map((value, index) => [`input${index}`, value]));
  const tensors = (given: State): tf.Tensor[] => values.map((_, index) => given[`input${index}`]);

  check(
    name,
    async () => {
      const { result } = await once((given) => ({ result: op(...tensors(given)) }), inputs);
      expectClose(result, exact(...values.map(exactOf)), tolerance, name);
    },
    'operations',
  );

  if (gradient === false) return;
  const exactGradients = (weights: HostTensor): Exact[] => {
    const made = knownGradients.get(name) ?? gradientsOf(exact, values.map(exactOf), [...weights.data]);
    knownGradients.set(name, made);
    return made;
  };
  check(
    `gradient of ${name}`,
    async () => {
      const { shape } = exact(...values.map(exactOf));
      const weights = normal(shape, random.fork('weights'));
      const gradients = await once(
        (given) => {
          const grads = tf.grads((...args: tf.Tensor[]) => tf.sum(tf.mul(op(...args), given.weights)))(tensors(given));
          return Object.fromEntries(grads.map((slope, index) => [`input${index}`, slope]));
        },
        { ...inputs, weights },
      );
      exactGradients(weights).forEach((expected, index) =>
        expectClose(gradients[`input${index}`], expected, tolerance, `to input ${index}`),
      );
    },
    'gradients',
  );
}

/** Everything that is not a float32 function of float32 tensors. */
function checkKinds({ check, tolerance, once }: BackendTest): void {
  const random = createRandom('testkit/backend/kinds');

  check('batch norm gives the mean and the biased variance of the batch', async () => {
    const x = normal([5, 3, 3, 4], random.fork('moments'), 2);
    const { mean, variance } = await once(
      ({ x, one, zero }) => {
        const result = batchNormTraining(x, one as tf.Tensor1D, zero as tf.Tensor1D);
        return { mean: result.mean, variance: result.variance };
      },
      { x, one: filled([4], 1), zero: filled([4], 0) },
    );
    expectClose(mean, channelMean(exactOf(x)), tolerance, 'mean');
    expectClose(variance, channelVariance(exactOf(x)), tolerance, 'variance');
  });

  check('oneHot in both kinds', async () => {
    const labels = hostTensor([3], Int32Array.of(2, 0, 3));
    const { whole, float } = await once(
      ({ labels }) => ({
        whole: tf.oneHot(labels as tf.Tensor1D, 4),
        float: tf.oneHot(labels as tf.Tensor1D, 4, 1, 0, 'float32'),
      }),
      { labels },
    );
    expect([...whole.data]).toEqual([0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 1]);
    expect([...float.data]).toEqual([...whole.data]);
    expect([whole.dtype, float.dtype]).toEqual(['int32', 'float32']);
  });

  check('whole numbers stay whole', async () => {
    const values = hostTensor([4], Int32Array.of(-7, 0, 5, 2 ** 24 + 1));
    const { same, sum, float } = await once(
      ({ values }) => ({ same: values, sum: tf.add(values, values), float: tf.cast(values, 'float32') }),
      { values },
    );
    expect([same.dtype, sum.dtype, float.dtype]).toEqual(['int32', 'int32', 'float32']);
    expect([...same.data]).toEqual([-7, 0, 5, 2 ** 24 + 1]);
    expect([...sum.data]).toEqual([-14, 0, 10, 2 ** 25 + 2]);
    expect([...float.data]).toEqual([-7, 0, 5, 2 ** 24]);
  });

  check('argMax and equal count the right answers', async () => {
    const logits = normal([6, 5], random.fork('argmax'));
    const best = Array.from({ length: 6 }, (_, row) =>
      Array.from(logits.data.slice(row * 5, row * 5 + 5)).reduce(
        (top, value, c, all) => (value > all[top] ? c : top),
        0,
      ),
    );
    const labels = hostTensor(
      [6],
      Int32Array.from(best, (label, row) => (row < 4 ? label : (label + 1) % 5)),
    );
    const { right } = await once(
      ({ logits, labels }) => ({ right: tf.mean(tf.cast(tf.equal(tf.argMax(logits, 1), labels), 'float32')) }),
      { logits, labels },
    );
    expect(right.data[0]).toBeCloseTo(4 / 6, 6);
  });

  check('nothing overflows where cross-entropy is certain', async () => {
    const logits = hostTensor([2, 3], Float32Array.of(1000, -1000, 0, -1000, 1000, 0));
    const result = await once(
      ({ logits, labels }) => ({ loss: softmaxCrossEntropy(logits as tf.Tensor2D, labels as tf.Tensor1D) }),
      { logits, labels: hostTensor([2], Int32Array.of(0, 0)) },
    );
    expectFinite(result);
    expect([...result.loss.data]).toEqual([0, 2000]);
  });

  check('a scalar goes in and out', async () => {
    const { twice } = await once(({ value }) => ({ twice: tf.mul(value, 2) }), { value: hostScalar(1.5) });
    expect(twice).toEqual(hostScalar(3));
  });
}
