/**
 * The optimisers against the conformance suite, and against their formulas computed step by step in double precision.
 */
import { cpu } from '@facewright/backend-cpu';
import {
  createRandom,
  FacewrightError,
  hostScalar,
  prefixed,
  stripPrefix,
  type ConfiguredPlugin,
  type Engine,
  type HostTensors,
} from '@facewright/core';
import { openEngine, testContext, testOptimiser } from '@facewright/testkit';
import type * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { normal } from '../../test/tiny.js';
import { adam, adamW, sgd } from '../index.js';

testOptimiser(sgd(), { engine: cpu() });
testOptimiser(sgd({ momentum: 0, weightDecay: 1e-3 }), { engine: cpu() });
testOptimiser(sgd({ nesterov: true }), { engine: cpu() });
testOptimiser(adam(), { engine: cpu() });
testOptimiser(adam({ weightDecay: 1e-3 }), { engine: cpu() });
testOptimiser(adamW(), { engine: cpu() });

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine(cpu());
});

const random = createRandom('optimisers');
const STEPS = 6;
const RATES = [0.1, 0.1, 0.05, 0.05, 0.2, 0.01];
const params: HostTensors = {
  'body/kernel': normal([2, 3], 1, random.fork(1)),
  'out/kernel': normal([4], 1, random.fork(2)),
};
const gradients = RATES.map((_, step): HostTensors =>
  Object.fromEntries(
    Object.entries(params).map(([name, { shape }]) => [name, normal(shape, 1, random.fork(name, step))]),
  ),
);

/** The parameters after `STEPS` steps with the gradients above. */
async function run(plugin: ConfiguredPlugin<'optimiser'>): Promise<HostTensors> {
  const optimiser = await plugin.create(testContext());
  const executable = engine.compile(
    (state, inputs) => {
      const step = {
        params: stripPrefix('params', state),
        memory: stripPrefix('memory', state),
        gradients: stripPrefix('gradients', inputs),
        rate: inputs.rate as tf.Scalar,
      };
      const next = optimiser.update({
        ...step,
        groupOf: (name) => (name.startsWith('out/') ? 'afterGlobal' : undefined),
      });
      return { state: { ...prefixed('params', next.params), ...prefixed('memory', next.memory) }, outputs: {} };
    },
    { state: { ...prefixed('params', params), ...prefixed('memory', optimiser.init(params)) } },
  );
  for (let step = 0; step < STEPS; step++)
    await executable.run({ rate: hostScalar(RATES[step]), ...prefixed('gradients', gradients[step]) });
  const result = stripPrefix('params', await executable.readState());
  executable.dispose();
  return result;
}

/**
 * Follows one parameter in double precision: `next` computes its new value from the old one, the gradient and the rate.
 */
function expectWay(
  result: HostTensors,
  way: (name: string) => (value: number, gradient: number, rate: number) => number,
): void {
  for (const [name, { data }] of Object.entries(params)) {
    data.forEach((start, index) => {
      const next = way(name);
      let value = start;
      for (let step = 0; step < STEPS; step++) value = next(value, gradients[step][name].data[index], RATES[step]);
      expect(result[name].data[index], `${name}[${index}]`).toBeCloseTo(value, 5);
    });
  }
}

describe('sgd', () => {
  test('plain', async () => {
    expectWay(await run(sgd({ momentum: 0 })), () => (value, gradient, rate) => value - rate * gradient);
  });

  test.each([false, true])('momentum and weight decay by group, nesterov %s', async (nesterov) => {
    const result = await run(sgd({ momentum: 0.8, weightDecay: 0.01, groups: { afterGlobal: 0.1 }, nesterov }));
    expectWay(result, (name) => {
      const decay = name === 'out/kernel' ? 0.1 : 0.01;
      let velocity = 0;
      return (value, gradient, rate) => {
        const whole = gradient + decay * value;
        velocity = 0.8 * velocity + whole;
        return value - rate * (nesterov ? whole + 0.8 * velocity : velocity);
      };
    });
  });
});

test.each([
  [0.9, 0.999, 0],
  [0.5, 0.9, 0.03],
])('adam with β %f, %f and decay %f', async (beta1, beta2, weightDecay) => {
  const result = await run(adam({ beta1, beta2, weightDecay, groups: { afterGlobal: 0.2 } }));
  expectWay(result, (name) => {
    const decay = name === 'out/kernel' ? 0.2 : weightDecay;
    let [mean, square, step] = [0, 0, 0];
    return (value, gradient, rate) => {
      step++;
      mean = beta1 * mean + (1 - beta1) * gradient;
      square = beta2 * square + (1 - beta2) * gradient ** 2;
      const [unbiasedMean, unbiasedSquare] = [mean / (1 - beta1 ** step), square / (1 - beta2 ** step)];
      return value - rate * (unbiasedMean / (Math.sqrt(unbiasedSquare) + 1e-8) + decay * value);
    };
  });
});

test('a group without parameters is an error that names the existing groups', async () => {
  const error = await run(sgd({ groups: { afterglobal: 1 } })).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(FacewrightError);
  expect((error as FacewrightError).what).toBe('No parameter belongs to the group "afterglobal".');
  expect((error as FacewrightError).todo).toBe('Groups of this model and loss: afterGlobal.');
  expect(() => sgd({ momentum: 1 })).toThrow('"momentum"');
  expect(() => adam({ beta: 0.9 } as object)).toThrow('Unknown key "beta"');
});

test("mistakes of the original project: SGD rejects Adam's options by name instead of crashing once training runs", () => {
  expect(() => sgd({ epsilon: 1e-8 } as never)).toThrow(/epsilon/);
});

test('adamw is adam with a decay of 0.01', async () => {
  expect(adamW().options).toEqual(adam({ weightDecay: 0.01 }).options);
  const [one, other] = [await run(adamW()), await run(adam({ weightDecay: 0.01 }))];
  for (const name of Object.keys(one)) expect(one[name].data).toEqual(other[name].data);
});
