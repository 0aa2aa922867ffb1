/** The conformance suite of optimisers: names, purity, what a zero gradient does, exact resuming, and that they descend. */
import {
  createRandom,
  filled,
  hostScalar,
  prefixed,
  stripPrefix,
  type Engine,
  type Executable,
  type HostTensors,
  type Optimiser,
  type State,
} from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { create, openEngine, type EngineSource } from './support/context.js';
import { expectFinite, expectSame, normal, signatureOf } from './support/numbers.js';
import { defineSuite, type Subject, type SuiteOptions } from './support/suite.js';

export interface OptimiserSuiteOptions extends SuiteOptions {
  readonly engine: EngineSource;
  /** Learning rate with which 200 steps take Σ (p − 1)² below a tenth of its start. */
  readonly rate?: number;
}

/** Registers the suite: `testOptimiser(adam(), { engine: cpu() })`. */
export function testOptimiser(subject: Subject<'optimiser'>, options: OptimiserSuiteOptions): void {
  const { rate = 0.02 } = options;
  const random = createRandom('testkit/optimiser');
  const params: HostTensors = {
    'layer/kernel': normal([3, 2], random.fork('kernel')),
    'layer/bias': normal([2], random.fork('bias')),
    scale: normal([], random.fork('scale')),
  };
  const zeros: HostTensors = Object.fromEntries(
    Object.entries(params).map(([name, { shape }]) => [name, filled(shape, 0)]),
  );

  defineSuite('optimiser', subject, options, (check) => {
    let engine: Engine;
    let optimiser: Optimiser;
    const open: Executable[] = [];

    beforeAll(async () => {
      engine = await openEngine(options.engine);
      optimiser = await create(subject, options);
    });
    afterAll(async () => {
      for (const executable of open) executable.dispose();
      await engine?.dispose();
    });

    const start = (): HostTensors => ({ ...prefixed('params', params), ...prefixed('memory', optimiser.init(params)) });
    const descend = (
      gradientOf: (params: State, inputs: State) => State,
      groupOf = (): string | undefined => undefined,
    ): Executable => {
      const executable = engine.compile(
        (state, inputs) => {
          const at = stripPrefix('params', state);
          const next = optimiser.update({
            params: at,
            gradients: gradientOf(at, inputs),
            memory: stripPrefix('memory', state),
            rate: inputs.rate as tf.Scalar,
            groupOf,
          });
          return { state: { ...prefixed('params', next.params), ...prefixed('memory', next.memory) }, outputs: {} };
        },
        { state: start() },
      );
      open.push(executable);
      return executable;
    };
    /** Of Σ (p − 1)². */
    const quadratic = (at: State): State =>
      Object.fromEntries(Object.entries(at).map(([name, value]) => [name, tf.mul(tf.sub(value, 1), 2)]));
    const given = (_: State, inputs: State): State => stripPrefix('gradients', inputs);
    const loss = (at: HostTensors): number =>
      Object.values(stripPrefix('params', at)).reduce(
        (sum, { data }) => sum + [...data].reduce((part, value) => part + (value - 1) ** 2, 0),
        0,
      );

    check('its memory is zero at the start and always the same', () => {
      const memory = optimiser.init(params);
      expectSame(optimiser.init(params), memory, 'memory');
      for (const [name, { data }] of Object.entries(memory))
        expect(
          data.every((value) => value === 0),
          name,
        ).toBe(true);
    });

    check('parameters and memory keep their names and shapes', async () => {
      const executable = descend(quadratic);
      await executable.run({ rate: hostScalar(rate) });
      const after = await executable.readState();
      expectFinite(after);
      expect(signatureOf(after)).toEqual(signatureOf(start()));
      expect(Object.keys(stripPrefix('params', after)).sort()).toEqual(Object.keys(params).sort());
    });

    check('update returns every parameter and every entry of its memory, and leaves what it was given', async () => {
      const state = start();
      const executable = engine.compile(
        (held, inputs) => {
          const at = stripPrefix('params', held);
          const next = optimiser.update({
            params: at,
            gradients: quadratic(at),
            memory: stripPrefix('memory', held),
            rate: inputs.rate as tf.Scalar,
            groupOf: () => undefined,
          });
          return { outputs: { ...prefixed('params', next.params), ...prefixed('memory', next.memory) } };
        },
        { state },
      );
      open.push(executable);
      const result = await executable.run({ rate: hostScalar(rate) });
      expect(signatureOf(result)).toEqual(signatureOf(state));
      expectSame(await executable.readState(), state, 'state');
    });

    check('a zero gradient moves nothing, or by weight decay towards zero', async () => {
      const executable = descend(given);
      for (let i = 0; i < 3; i++) await executable.run({ rate: hostScalar(rate), ...prefixed('gradients', zeros) });
      const after = stripPrefix('params', await executable.readState());
      expectFinite(after);
      for (const [name, { data }] of Object.entries(params)) {
        data.forEach((value, index) =>
          expect(Math.abs(after[name].data[index]), name).toBeLessThanOrEqual(Math.abs(value)),
        );
        data.forEach((value, index) =>
          expect(after[name].data[index] * value, `${name} keeps its sign`).toBeGreaterThanOrEqual(0),
        );
      }
    });

    check('a rate of zero moves nothing', async () => {
      const executable = descend(quadratic);
      for (let i = 0; i < 3; i++) await executable.run({ rate: hostScalar(0) });
      expectSame(stripPrefix('params', await executable.readState()), params, 'parameters');
    });

    check('the first step goes against the gradient', async () => {
      const executable = descend(quadratic);
      await executable.run({ rate: hostScalar(1e-3) });
      expect(loss(await executable.readState())).toBeLessThan(loss(start()));
    });

    check('it descends a quadratic', async () => {
      const executable = descend(quadratic);
      for (let i = 0; i < 200; i++) await executable.run({ rate: hostScalar(rate) });
      expect(loss(await executable.readState())).toBeLessThan(0.1 * loss(start()));
    });

    check('going on from a copied state gives the same numbers', async () => {
      const whole = descend(quadratic);
      const first = descend(quadratic);
      const second = descend(quadratic);
      for (let i = 0; i < 7; i++) await whole.run({ rate: hostScalar(rate) });
      for (let i = 0; i < 4; i++) await first.run({ rate: hostScalar(rate) });
      await second.writeState(await first.readState());
      for (let i = 0; i < 3; i++) await second.run({ rate: hostScalar(rate) });
      expectSame(await second.readState(), await whole.readState(), 'state after seven steps');
    });

    check('a group it has no options for is treated as none', async () => {
      const plain = descend(quadratic);
      const grouped = descend(quadratic, () => 'a-group-nobody-configured');
      await plain.run({ rate: hostScalar(rate) });
      await grouped.run({ rate: hostScalar(rate) });
      expectSame(await grouped.readState(), await plain.readState(), 'state');
    });
  });
}
