/** The conformance suite for optimisers: names, purity, zero gradients, exact resumption, and descent. */
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
  type StepFunction,
} from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { create, openEngine, type EngineSource } from './support/context.js';
import { expectFinite, expectSame, normal, signatureOf } from './support/numbers.js';
import { defineSuite, setUp, tearDown, type Check, type Subject, type SuiteOptions } from './support/suite.js';

export interface OptimiserSuiteOptions extends SuiteOptions {
  readonly engine: EngineSource;
  /** Learning rate with which 200 steps reduce Σ (p − 1)² to less than a tenth of its initial value. */
  readonly rate?: number;
}

/** The gradients that a step descends on, given the parameters and the step's inputs. */
type GradientOf = (params: State, inputs: State) => State;

/** Of Σ (p − 1)². */
const quadratic: GradientOf = (params) =>
  Object.fromEntries(Object.entries(params).map(([name, value]) => [name, tf.mul(tf.sub(value, 1), 2)]));

const given: GradientOf = (_, inputs) => stripPrefix('gradients', inputs);

/** The optimiser under test, and parameters for it to update. */
class OptimiserFixture {
  readonly params: HostTensors;
  optimiser!: Optimiser;
  private engine?: Engine;
  private readonly compiled: Executable[] = [];

  constructor() {
    const random = createRandom('testkit/optimiser');
    this.params = {
      'layer/kernel': normal([3, 2], random.fork('kernel')),
      'layer/bias': normal([2], random.fork('bias')),
      scale: normal([], random.fork('scale')),
    };
  }

  async open(subject: Subject<'optimiser'>, options: OptimiserSuiteOptions): Promise<void> {
    this.engine = await openEngine(options.engine);
    this.optimiser = await create(subject, options);
  }

  /** Initial parameters and optimiser state. */
  start(): HostTensors {
    return { ...prefixed('params', this.params), ...prefixed('memory', this.optimiser.init(this.params)) };
  }

  /** A step that updates its state. */
  descend(gradientOf: GradientOf, groupOf: (name: string) => string | undefined = () => undefined): Executable {
    return this.compile((state, inputs) => ({ state: this.update(state, inputs, gradientOf, groupOf), outputs: {} }));
  }

  /** A step that returns the updated state as outputs and leaves its state unchanged. */
  look(gradientOf: GradientOf): Executable {
    return this.compile((state, inputs) => ({ outputs: this.update(state, inputs, gradientOf, () => undefined) }));
  }

  async close(): Promise<void> {
    for (const executable of this.compiled) executable.dispose();
    await this.engine?.dispose();
  }

  private compile(step: StepFunction): Executable {
    const executable = this.engine!.compile(step, { state: this.start() });
    this.compiled.push(executable);
    return executable;
  }

  private update(
    state: State,
    inputs: State,
    gradientOf: GradientOf,
    groupOf: (name: string) => string | undefined,
  ): State {
    const params = stripPrefix('params', state);
    const gradients = gradientOf(params, inputs);
    const memory = stripPrefix('memory', state);
    const next = this.optimiser.update({ params, gradients, memory, rate: inputs.rate as tf.Scalar, groupOf });
    return { ...prefixed('params', next.params), ...prefixed('memory', next.memory) };
  }
}

/** Registers the suite: `testOptimiser(adam(), { engine: cpu() })`. */
export function testOptimiser(subject: Subject<'optimiser'>, options: OptimiserSuiteOptions): void {
  const { rate = 0.02 } = options;
  const fixture = new OptimiserFixture();
  defineSuite('optimiser', subject, options, (check) => {
    setUp(() => fixture.open(subject, options));
    tearDown(() => fixture.close());
    checkState(check, fixture, rate);
    checkNoMovement(check, fixture, rate);
    checkDescent(check, fixture, rate);
    checkResuming(check, fixture, rate);
  });
}

function checkState(check: Check, fixture: OptimiserFixture, rate: number): void {
  check('its memory is zero at the start and always the same', () => {
    const { optimiser, params } = fixture;
    const memory = optimiser.init(params);
    expectSame(optimiser.init(params), memory, 'memory');
    for (const [name, { data }] of Object.entries(memory))
      expect(
        data.every((value) => value === 0),
        name,
      ).toBe(true);
  });

  check('parameters and memory keep their names and shapes', async () => {
    const executable = fixture.descend(quadratic);
    await executable.run({ rate: hostScalar(rate) });
    const after = await executable.readState();
    expectFinite(after);
    expect(signatureOf(after)).toEqual(signatureOf(fixture.start()));
    expect(Object.keys(stripPrefix('params', after)).sort()).toEqual(Object.keys(fixture.params).sort());
  });

  check('update returns every parameter and every entry of its memory, and leaves what it was given', async () => {
    const state = fixture.start();
    const executable = fixture.look(quadratic);
    const result = await executable.run({ rate: hostScalar(rate) });
    expect(signatureOf(result)).toEqual(signatureOf(state));
    expectSame(await executable.readState(), state, 'state');
  });
}

function checkNoMovement(check: Check, fixture: OptimiserFixture, rate: number): void {
  const { params } = fixture;

  check('a zero gradient moves nothing, or by weight decay towards zero', async () => {
    const zeros = Object.fromEntries(Object.entries(params).map(([name, { shape }]) => [name, filled(shape, 0)]));
    const executable = fixture.descend(given);
    for (let i = 0; i < 3; i++) await executable.run({ rate: hostScalar(rate), ...prefixed('gradients', zeros) });
    const after = stripPrefix('params', await executable.readState());
    expectFinite(after);
    for (const [name, { data }] of Object.entries(params))
      data.forEach((value, index) => {
        const moved = after[name].data[index];
        expect(Math.abs(moved), name).toBeLessThanOrEqual(Math.abs(value));
        expect(moved * value, `${name} keeps its sign`).toBeGreaterThanOrEqual(0);
      });
  });

  check('a rate of zero moves nothing', async () => {
    const executable = fixture.descend(quadratic);
    for (let i = 0; i < 3; i++) await executable.run({ rate: hostScalar(0) });
    expectSame(stripPrefix('params', await executable.readState()), params, 'parameters');
  });
}

function checkDescent(check: Check, fixture: OptimiserFixture, rate: number): void {
  const loss = (state: HostTensors): number =>
    Object.values(stripPrefix('params', state))
      .flatMap(({ data }) => [...data])
      .reduce((sum, value) => sum + (value - 1) ** 2, 0);

  check('the first step goes against the gradient', async () => {
    const executable = fixture.descend(quadratic);
    await executable.run({ rate: hostScalar(1e-3) });
    expect(loss(await executable.readState())).toBeLessThan(loss(fixture.start()));
  });

  check('it descends a quadratic', async () => {
    const executable = fixture.descend(quadratic);
    for (let i = 0; i < 200; i++) await executable.run({ rate: hostScalar(rate) });
    expect(loss(await executable.readState())).toBeLessThan(0.1 * loss(fixture.start()));
  });
}

function checkResuming(check: Check, fixture: OptimiserFixture, rate: number): void {
  check('going on from a copied state gives the same numbers', async () => {
    const whole = fixture.descend(quadratic);
    const first = fixture.descend(quadratic);
    const second = fixture.descend(quadratic);
    for (let i = 0; i < 7; i++) await whole.run({ rate: hostScalar(rate) });
    for (let i = 0; i < 4; i++) await first.run({ rate: hostScalar(rate) });
    await second.writeState(await first.readState());
    for (let i = 0; i < 3; i++) await second.run({ rate: hostScalar(rate) });
    expectSame(await second.readState(), await whole.readState(), 'state after seven steps');
  });

  check('a group it has no options for is treated as none', async () => {
    const plain = fixture.descend(quadratic);
    const grouped = fixture.descend(quadratic, () => 'a-group-nobody-configured');
    await plain.run({ rate: hostScalar(rate) });
    await grouped.run({ rate: hostScalar(rate) });
    expectSame(await grouped.readState(), await plain.readState(), 'state');
  });
}
