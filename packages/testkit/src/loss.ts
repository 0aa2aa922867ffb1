/**
 * The conformance suite for losses: gradients, logits without the margin, passing on class centres, and edge cases
 * where losses break.
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
  type Loss,
  type State,
} from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { create, openEngine, type EngineSource } from './support/context.js';
import {
  expectClose,
  expectFinite,
  expectGradient,
  expectSame,
  int32,
  normal,
  relativeError,
  signatureOf,
} from './support/numbers.js';
import {
  defineSuite,
  NOT_OFFERED,
  setUp,
  tearDown,
  type Check,
  type Subject,
  type SuiteOptions,
} from './support/suite.js';

export interface LossSuiteOptions extends SuiteOptions {
  readonly engine: EngineSource;
  /** Classes of the head under test; at least 3. */
  readonly identities?: number;
  readonly embeddingSize?: number;
  /** Tolerance of gradients against finite differences, relative to the gradient's norm. */
  readonly tolerance?: number;
}

const GRADIENT_OF_EMBEDDINGS = 'gradient/embeddings';

/** Loss, logits, new statistics, and the gradients of the loss with respect to embeddings and parameters. */
function lossStep(loss: Loss, paramNames: readonly string[]) {
  return (_: State, inputs: State): { outputs: State } => {
    const statistics = stripPrefix('statistics', inputs);
    const labels = inputs.labels as tf.Tensor1D;
    const apply = (params: readonly tf.Tensor[], embeddings: tf.Tensor) =>
      loss.apply(
        Object.fromEntries(paramNames.map((name, index) => [name, params[index]])),
        statistics,
        embeddings as tf.Tensor2D,
        labels,
      );
    const params = paramNames.map((name) => inputs[`params/${name}`]);
    const { grads } = tf.valueAndGrads((embeddings: tf.Tensor, ...rest: tf.Tensor[]) => apply(rest, embeddings).loss)([
      inputs.embeddings,
      ...params,
    ]);
    const result = apply(params, inputs.embeddings);
    return {
      outputs: {
        loss: result.loss,
        logits: result.logits,
        [GRADIENT_OF_EMBEDDINGS]: grads[0],
        ...Object.fromEntries(paramNames.map((name, index) => [`gradient/${name}`, grads[index + 1]])),
        ...prefixed('statistics', result.statistics ?? {}),
      },
    };
  };
}

/** Only the loss, for the many values that a slope is measured from. */
const valueStep = (loss: Loss) => (_: State, inputs: State) => ({
  outputs: {
    loss: loss.apply(
      stripPrefix('params', inputs),
      stripPrefix('statistics', inputs),
      inputs.embeddings as tf.Tensor2D,
      inputs.labels as tf.Tensor1D,
    ).loss,
  },
});

/** The loss under test with its initial parameters, compiled, and a batch of five. */
class LossFixture {
  readonly random = createRandom('testkit/loss');
  readonly identities: number;
  readonly embeddingSize: number;
  readonly tolerance: number;
  loss!: Loss;
  initial!: ReturnType<Loss['init']>;
  embeddings!: HostTensor;
  labels!: HostTensor;
  private engine?: Engine;
  private executable?: Executable;
  private value?: Executable;

  constructor({ identities = 7, embeddingSize = 6, tolerance = 0.01 }: LossSuiteOptions) {
    this.identities = identities;
    this.embeddingSize = embeddingSize;
    this.tolerance = tolerance;
  }

  async open(subject: Subject<'loss'>, options: LossSuiteOptions): Promise<void> {
    const { random, identities, embeddingSize } = this;
    this.engine = await openEngine(options.engine);
    this.loss = await create(subject, options);
    this.initial = this.loss.init(identities, embeddingSize, random.fork('init'));
    this.executable = this.engine.compile(lossStep(this.loss, Object.keys(this.initial.params)));
    this.value = this.engine.compile(valueStep(this.loss));
    this.embeddings = normal([5, embeddingSize], random.fork('embeddings'));
    this.labels = int32(0, 2, 1, 2, identities - 1);
  }

  /** The results of the step; anything not given has its initial value. */
  run(changes: Changes = {}): Promise<HostTensors> {
    return this.executable!.run(this.inputs(changes));
  }

  async valueOf(changes: Changes): Promise<number> {
    return (await this.value!.run(this.inputs(changes))).loss.data[0];
  }

  private inputs({ params, statistics, embeddings, labels }: Changes): HostTensors {
    return {
      ...prefixed('params', params ?? this.initial.params),
      ...prefixed('statistics', statistics ?? this.initial.statistics),
      embeddings: embeddings ?? this.embeddings,
      labels: labels ?? this.labels,
    };
  }

  async close(): Promise<void> {
    this.executable?.dispose();
    this.value?.dispose();
    await this.engine?.dispose();
  }
}

interface Changes {
  readonly params?: HostTensors;
  readonly statistics?: HostTensors;
  readonly embeddings?: HostTensor;
  readonly labels?: HostTensor;
}

/** Registers the suite: `testLoss(arcFace({ m: 0.5 }), { engine: cpu() })`. */
export function testLoss(subject: Subject<'loss'>, options: LossSuiteOptions): void {
  const fixture = new LossFixture(options);
  defineSuite('loss', subject, options, (check) => {
    setUp(() => fixture.open(subject, options));
    tearDown(() => fixture.close());
    checkValues(check, fixture);
    checkGradients(check, fixture);
    checkLabels(check, fixture);
    checkCorners(check, fixture);
    checkCentres(check, fixture);
    checkSample(check, fixture);
    checkFilter(check, fixture);
    checkDescent(check, fixture);
  });
}

function checkValues(check: Check, fixture: LossFixture): void {
  check('init depends on the random stream alone', () => {
    const { loss, initial, identities, embeddingSize, random } = fixture;
    const again = loss.init(identities, embeddingSize, random.fork('init'));
    expectSame(again.params, initial.params, 'parameters');
    expectSame(again.statistics, initial.statistics, 'statistics');
    const other = loss.init(identities, embeddingSize, createRandom('another'));
    expect(signatureOf(other.params)).toEqual(signatureOf(initial.params));
    // shapes for a million people are derived from those for a few
    const [two, three] = [2, 3].map((few) => loss.init(few, embeddingSize, random));
    for (const part of ['params', 'statistics'] as const)
      for (const [name, { shape }] of Object.entries(initial[part])) {
        const grown = shape.map((_, axis) => three[part][name].shape[axis] - two[part][name].shape[axis]);
        const expected = two[part][name].shape.map((length, axis) => length + grown[axis] * (identities - 2));
        expect(shape, `axes of ${name} grow evenly with the identities`).toEqual(expected);
      }
  });

  check('the loss is one finite number and the logits are [n, identities]', async () => {
    const result = await fixture.run();
    expectFinite(result);
    expect(result.loss.shape).toEqual([]);
    expect(result.logits.shape).toEqual([5, fixture.identities]);
  });

  check('the same input gives the same answer', async () =>
    expectSame(await fixture.run(), await fixture.run(), 'answer'),
  );
}

function checkGradients(check: Check, fixture: LossFixture): void {
  const { random, tolerance } = fixture;

  check('the gradient to the embeddings agrees with finite differences', async () => {
    const gradient = (await fixture.run())[GRADIENT_OF_EMBEDDINGS];
    const moved = (embeddings: HostTensor): Promise<number> => fixture.valueOf({ embeddings });
    await expectGradient('embeddings', moved, fixture.embeddings, gradient, { random, tolerance });
  });

  check('the gradient to every parameter agrees with finite differences', async () => {
    const { params } = fixture.initial;
    const result = await fixture.run();
    for (const [name, value] of Object.entries(params)) {
      const moved = (changed: HostTensor): Promise<number> =>
        fixture.valueOf({ params: { ...params, [name]: changed } });
      await expectGradient(name, moved, value, result[`gradient/${name}`], { random, tolerance });
    }
  });
}

function checkLabels(check: Check, fixture: LossFixture): void {
  const last = fixture.identities - 1;

  check('the logits carry no margin: they do not depend on the labels', async () => {
    const other = Int32Array.from(fixture.labels.data, (label) => (label + 1) % fixture.identities);
    const { logits } = await fixture.run({ labels: hostTensor([5], other) });
    expectSame({ logits }, { logits: (await fixture.run()).logits }, 'with other labels');
  });

  check('the loss is the mean over the batch', async () => {
    const { embeddings, labels } = fixture;
    let sum = 0;
    for (let i = 0; i < 5; i++)
      sum += await fixture.valueOf({
        embeddings: rows(embeddings, [i]),
        labels: hostTensor([1], labels.data.slice(i, i + 1)),
      });
    expect(relativeError([await fixture.valueOf({})], [sum / 5])).toBeLessThan(1e-4);
  });

  check('a batch of one has finite gradients', async () =>
    expectFinite(await fixture.run({ embeddings: rows(fixture.embeddings, [0]), labels: int32(1) })),
  );

  check('the largest label and a batch of one label are taken', async () =>
    expectFinite(await fixture.run({ labels: int32(last, last, last, last, last) })),
  );
}

function checkCorners(check: Check, fixture: LossFixture): void {
  check('nothing is NaN for an embedding on its class centre, opposite to it, or zero', async () => {
    const { loss, initial, embeddings, embeddingSize } = fixture;
    const onCentre = centreOf(loss, initial.params, 2) ?? rows(embeddings, [0]).data;
    const corners = [
      onCentre,
      onCentre.map((value) => -value),
      onCentre.map((value) => 1e3 * value),
      onCentre.map((value) => -1e-3 * value),
      onCentre.map(() => 0),
    ];
    const data = Float32Array.from(corners.flatMap((corner) => [...corner]));
    expectFinite(await fixture.run({ embeddings: hostTensor([5, embeddingSize], data), labels: int32(2, 2, 2, 2, 2) }));
  });
}

function checkSample(check: Check, fixture: LossFixture): void {
  check('a head on a sample of its classes is the head of these classes alone', async () => {
    const { loss, initial, identities } = fixture;
    if (!loss.sampled) return NOT_OFFERED;
    expect(loss.sampled.rate).toBeGreaterThan(0);
    expect(loss.sampled.rate).toBeLessThan(1);
    expect(Object.keys({ ...initial.params, ...initial.statistics })).toEqual(
      expect.arrayContaining([...loss.sampled.perClass]),
    );
    const part = (tensors: HostTensors): HostTensors =>
      Object.fromEntries(
        Object.entries(tensors).map(([name, tensor]) => [
          name,
          loss.sampled!.perClass.includes(name) ? classesOf(tensor, identities) : tensor,
        ]),
      );
    const last = identities - 1;
    const whole = await fixture.run({ labels: int32(0, last, 0, 0, last) });
    const seen = await fixture.run({
      params: part(initial.params),
      statistics: part(initial.statistics),
      labels: int32(0, 1, 0, 0, 1),
    });
    expectClose(seen.logits, classesOf(whole.logits, identities), 1e-6, 'logits');
    return undefined;
  });
}

function checkFilter(check: Check, fixture: LossFixture): void {
  check('a class that looks too alike is left out, and a class of its own never is', async () => {
    const { loss, identities, embeddingSize } = fixture;
    if (loss.filterAbove === undefined || !loss.adopt) return NOT_OFFERED;
    const above = loss.filterAbove;
    expect(above).toBeGreaterThan(0);
    expect(above).toBeLessThan(1);
    const embeddings = hostTensor(
      [5, embeddingSize],
      Float32Array.from({ length: 5 * embeddingSize }, (_, index) => Number(index % embeddingSize === 0)),
    );
    /** The loss with class 1 at this cosine to all photos, and the others at right angles to them. */
    const at = (cosine: number, labels: HostTensor): Promise<number> => {
      const params = loss.adopt!(oneNear(cosine, [embeddingSize, identities]));
      return fixture.valueOf({ params, embeddings, labels });
    };
    const [far, near, nearer] = [above / 2, (1 + 3 * above) / 4, (1 + above) / 2];
    const others = int32(0, 2, 2, 0, 2);
    expect(relativeError([await at(near, others)], [await at(nearer, others)])).toBeLessThan(1e-5);
    expect(await at(far, others), 'with a class below the threshold').toBeGreaterThan((await at(near, others)) + 1e-3);
    const own = int32(1, 1, 1, 1, 1);
    expect(await at(nearer, own), 'with its own class').toBeLessThan(await at(far, own));
    return undefined;
  });
}

/** Class centres of which the second has this cosine to the first axis, and the others lie on other axes. */
function oneNear(cosine: number, [rows, columns]: readonly [number, number]): HostTensor {
  const data = new Float32Array(rows * columns);
  for (let column = 0; column < columns; column++) data[(1 + (column % (rows - 1))) * columns + column] = 1;
  data[1] = cosine;
  data[2 * columns + 1] = Math.sqrt(1 - cosine ** 2);
  return hostTensor([rows, columns], data);
}

/** The columns of the first and the last class, in each of the blocks that the last axis has. */
function classesOf({ shape, data }: HostTensor, identities: number): HostTensor {
  const rows = data.length / identities;
  const values = Array.from({ length: rows }, (_, row) => [data[row * identities], data[(row + 1) * identities - 1]]);
  return hostTensor(
    [...shape.slice(0, -1), (2 * shape[shape.length - 1]) / identities],
    Float32Array.from(values.flat()),
  );
}

function checkCentres(check: Check, fixture: LossFixture): void {
  const { identities, embeddingSize } = fixture;

  check('adopted class centres keep their directions', () => {
    const { loss, initial, random } = fixture;
    if (!loss.adopt || !loss.centres) return NOT_OFFERED;
    const given = normal([embeddingSize, identities], random.fork('centres'), 3);
    const adopted = loss.adopt(given);
    expect(signatureOf(adopted)).toEqual(signatureOf(initial.params));
    expectClose(unitColumns(loss.centres(adopted)), unitColumns(given), 1e-5, 'directions of the centres');
    return undefined;
  });

  check('centres are [embeddingSize, identities]', () => {
    const { loss, initial } = fixture;
    if (!loss.centres) return NOT_OFFERED;
    expect(loss.centres(initial.params).shape).toEqual([embeddingSize, identities]);
    return undefined;
  });
}

function checkDescent(check: Check, fixture: LossFixture): void {
  check('descending on embeddings and parameters makes the loss smaller', async () => {
    let { embeddings } = fixture;
    let { params } = fixture.initial;
    const first = await fixture.run();
    for (let step = 0, result = first; step < 15; step++, result = await fixture.run({ params, embeddings })) {
      const rate = 0.05;
      embeddings = descended(embeddings, result[GRADIENT_OF_EMBEDDINGS], rate);
      params = Object.fromEntries(
        Object.entries(params).map(([name, value]) => [name, descended(value, result[`gradient/${name}`], rate)]),
      );
    }
    expect(await fixture.valueOf({ params, embeddings })).toBeLessThan(first.loss.data[0]);
  });
}

function rows({ shape, data }: HostTensor, picked: readonly number[]): HostTensor {
  const width = shape[1];
  return hostTensor(
    [picked.length, width],
    Float32Array.from(picked.flatMap((row) => [...data.slice(row * width, (row + 1) * width)])),
  );
}

function centreOf(loss: Loss, params: HostTensors, label: number): number[] | undefined {
  const centres = loss.centres?.(params);
  return centres && Array.from({ length: centres.shape[0] }, (_, row) => centres.data[row * centres.shape[1] + label]);
}

function unitColumns({ shape: [height, width], data }: HostTensor): HostTensor {
  const lengths = Array.from({ length: width }, (_, column) =>
    Math.hypot(...Array.from({ length: height }, (_, row) => data[row * width + column])),
  );
  return hostTensor(
    [height, width],
    Float32Array.from(data, (value, index) => value / lengths[index % width]),
  );
}

/** One step down the gradient of length at most `rate`, because losses with a large scale would overshoot. */
function descended(x: HostTensor, gradient: HostTensor, rate: number): HostTensor {
  const length = Math.max(1, Math.hypot(...gradient.data));
  return hostTensor(
    x.shape,
    Float32Array.from(x.data, (value, index) => value - (rate * gradient.data[index]) / length),
  );
}
