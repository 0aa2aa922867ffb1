// Losses against independent double-precision formulas, gradients against finite differences of those formulas, and one
// test per mistake of the original project.
import { cpu } from '@facewright/backend-cpu';
import { wasm } from '@facewright/backend-wasm';
import { createRandom, hostTensor, type HostTensor } from '@facewright/core';
import { testLoss } from '@facewright/testkit';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  column,
  cosines,
  createEvaluate,
  crossEntropy,
  differences,
  dot,
  expectNear,
  make,
  marginLoss,
  normal,
  random,
  row,
  type Evaluate,
} from '../test/reference.js';
import { arcFace, softmax } from './index.js';

testLoss(softmax(), { engine: cpu() });
testLoss(softmax(), { engine: wasm(), name: 'softmax on wasm' });
testLoss(softmax({ bias: false }), { engine: cpu(), name: 'softmax without bias' });
testLoss(arcFace(), { engine: cpu() });
testLoss(arcFace(), { engine: wasm(), name: 'arcface on wasm' });
testLoss(arcFace({ s: 30, m: 0.4, beyond: 'easy' }), { engine: cpu(), name: 'arcface, easy' });
testLoss(arcFace({ s: 30, m: 0.4, beyond: 'fallback' }), { engine: cpu(), name: 'arcface, fallback' });

/** Loss, logits and gradients on the reference engine. */
let evaluate: Evaluate;
beforeAll(async () => {
  evaluate = await createEvaluate();
});

type Rule = 'plain' | 'easy' | 'fallback' | 'continued';

function arcFaceReference(
  embeddings: HostTensor,
  centres: HostTensor,
  labels: readonly number[],
  s: number,
  m: number,
  beyond: Rule,
): number {
  const inside = {
    plain: () => true,
    easy: (theta: number) => theta < Math.PI / 2,
    fallback: (theta: number) => theta + m <= Math.PI,
    continued: (theta: number) => theta + m <= Math.PI,
  }[beyond];
  const otherwise = { plain: 0, easy: 0, fallback: -m * Math.sin(m), continued: Math.cos(m) - 1 }[beyond];
  return marginLoss(embeddings, centres, labels, s, (theta) =>
    inside(theta) ? Math.cos(theta + m) : Math.cos(theta) + otherwise,
  );
}

describe('against the formula in double precision', () => {
  const embeddings = normal([6, 8], 'embeddings', 3);
  const labels = [0, 4, 2, 2, 1, 3];

  test('softmax: value and gradients', async () => {
    const loss = await make(softmax());
    const params = { kernel: normal([8, 5], 'kernel'), bias: normal([5], 'bias') };
    const formula = (x: HostTensor, kernel: HostTensor, bias: HostTensor): number =>
      labels.reduce(
        (sum, label, i) =>
          sum +
          crossEntropy(
            Array.from({ length: 5 }, (_, j) => dot(row(x, i), column(kernel, j)) + bias.data[j]),
            label,
          ),
        0,
      ) / labels.length;
    const { loss: value, gradients } = await evaluate(loss, params, embeddings, labels);
    expectNear([value], [formula(embeddings, params.kernel, params.bias)], 1e-5);
    expectNear(
      gradients.embeddings,
      differences((x) => formula(x, params.kernel, params.bias), embeddings),
      1e-4,
    );
    expectNear(
      gradients.kernel,
      differences((x) => formula(embeddings, x, params.bias), params.kernel),
      1e-4,
    );
    expectNear(
      gradients.bias,
      differences((x) => formula(embeddings, params.kernel, x), params.bias),
      1e-4,
    );
  });

  // the second set of centres puts targets on both sides of every threshold: from 3 to 176 degrees
  const turned = Float32Array.from(normal([8, 5], 'near').data);
  for (const [label, i] of [
    [0, 0],
    [4, 1],
  ] as const)
    row(embeddings, i).forEach((v, k) => {
      turned[k * 5 + label] = (label ? -1 : 1) * v + 0.2 * turned[k * 5 + label];
    });
  for (const [name, centres] of [
    ['at random', normal([8, 5], 'centres', 0.1)],
    ['near and opposite', hostTensor([8, 5], turned)],
  ] as const) {
    for (const beyond of ['plain', 'easy', 'fallback', 'continued'] as const) {
      test(`arcface (${beyond}), centres ${name}: value and gradients`, async () => {
        const { loss: value, gradients } = await evaluate(
          await make(arcFace({ s: 16, m: 0.5, beyond })),
          { centres },
          embeddings,
          labels,
        );
        expectNear([value], [arcFaceReference(embeddings, centres, labels, 16, 0.5, beyond)], 1e-5);
        expectNear(
          gradients.embeddings,
          differences((x) => arcFaceReference(x, centres, labels, 16, 0.5, beyond), embeddings),
          1e-3,
        );
        expectNear(
          gradients.centres,
          differences((x) => arcFaceReference(embeddings, x, labels, 16, 0.5, beyond), centres),
          1e-3,
        );
      });
    }
  }

  test('beyond θ + m = π the three rules differ as intended', async () => {
    const centres = hostTensor([2, 2], Float32Array.of(1, 0, 0, 1));
    const opposite = hostTensor([1, 2], Float32Array.of(Math.cos(3), Math.sin(3)));
    const at = async (beyond: Rule): Promise<number> =>
      (await evaluate(await make(arcFace({ s: 1, m: 0.5, beyond })), { centres }, opposite, [0])).loss;
    const other = Math.sin(3);
    expectNear([await at('plain')], [crossEntropy([Math.cos(3.5), other], 0)], 1e-5);
    expectNear([await at('fallback')], [crossEntropy([Math.cos(3) - 0.5 * Math.sin(0.5), other], 0)], 1e-5);
    expectNear([await at('easy')], [crossEntropy([Math.cos(3), other], 0)], 1e-5);
    expectNear([await at('continued')], [crossEntropy([Math.cos(3) - 1 + Math.cos(0.5), other], 0)], 1e-5);
  });
});

describe('mistakes of the original project', () => {
  const centres = normal([16, 10], 'class centres');
  const embeddings = normal([8, 16], 'samples');
  const labels = [0, 1, 2, 3, 4, 5, 6, 9];

  test("the margin is applied: the target's logit decreases by s·(cos θ − cos(θ + m))", async () => {
    const one = hostTensor([1, 2], Float32Array.of(Math.cos(0.7), Math.sin(0.7)));
    const axes = { centres: hostTensor([2, 2], Float32Array.of(1, 0, 0, 1)) };
    const without = await evaluate(await make(arcFace({ s: 8, m: 0 })), axes, one, [0]);
    const margined = await evaluate(await make(arcFace({ s: 8, m: 0.5 })), axes, one, [0]);
    expectNear([without.loss], [crossEntropy([8 * Math.cos(0.7), 8 * Math.sin(0.7)], 0)], 1e-5);
    expectNear([margined.loss], [crossEntropy([8 * Math.cos(1.2), 8 * Math.sin(0.7)], 0)], 1e-5);
    expect(margined.loss).toBeGreaterThan(without.loss + 2);
  });

  test('probabilities are not clipped: a badly misclassified sample keeps its full loss and gradient', async () => {
    // a probability of e^-76, far below the usual clipping at 1e-7 (a loss of 16.118 without gradient)
    const hopeless = hostTensor([1, 16], Float32Array.from(column(centres, 0)));
    const arc = await evaluate(
      await make(arcFace()),
      {
        centres: hostTensor([16, 2], Float32Array.from(column(centres, 0).flatMap((v, i) => [v, (i ? 0.2 : -2) * v]))),
      },
      hopeless,
      [1],
    );
    expect(arc.loss).toBeGreaterThan(60);
    expect(Math.hypot(...arc.gradients.embeddings)).toBeGreaterThan(1);
    const plain = await evaluate(
      await make(softmax()),
      { kernel: hostTensor([1, 2], Float32Array.of(0, 100)), bias: hostTensor([2], new Float32Array(2)) },
      hostTensor([1, 1], Float32Array.of(1)),
      [0],
    );
    expect(plain.loss).toBe(100);
    expect(plain.gradients.embeddings[0]).toBeCloseTo(100, 3);
  });

  test('a sample on its centre, or opposite it, gives no NaN: the radicand 1 − cos² is never negative', async () => {
    const loss = await make(arcFace());
    const many = normal([128, 60], 'many centres', 0.3);
    let above = 0;
    for (const sign of [1, -1]) {
      const on = hostTensor(
        [60, 128],
        Float32Array.from({ length: 60 * 128 }, (_, i) => sign * many.data[(i % 128) * 60 + Math.floor(i / 128)]),
      );
      const {
        loss: value,
        logits,
        gradients,
      } = await evaluate(
        loss,
        { centres: many },
        on,
        Array.from({ length: 60 }, (_, i) => i),
      );
      above += Array.from({ length: 60 }, (_, i) => logits[i * 61]).filter((logit) => Math.abs(logit) > 64).length;
      expect(Number.isFinite(value)).toBe(true);
      for (const gradient of Object.values(gradients)) expect(gradient.every(Number.isFinite)).toBe(true);
    }
    expect(above, 'cosines that rounding took beyond ±1: the case this is about').toBeGreaterThan(0);
  });

  test('beyond θ + m = π the loss has no jump: the fallback that jumps is an option, not the default', async () => {
    const edge = Math.PI - 0.5;
    const axes = { centres: hostTensor([2, 2], Float32Array.of(1, 0, 0, 1)) };
    const jump = async (plugin: ReturnType<typeof arcFace>): Promise<number> => {
      const loss = await make(plugin);
      const [before, after] = await Promise.all(
        [-1e-4, 1e-4].map(
          async (by) =>
            (
              await evaluate(
                loss,
                axes,
                hostTensor([1, 2], Float32Array.of(Math.cos(edge + by), Math.sin(edge + by))),
                [0],
              )
            ).loss,
        ),
      );
      return Math.abs(after - before);
    };
    expect(await jump(arcFace({ s: 8 }))).toBeLessThan(0.01);
    // to −1.1173 from −1
    expect(await jump(arcFace({ s: 8, beyond: 'fallback' }))).toBeGreaterThan(0.8);
  });

  test('near its centre the gradient matches the formula', async () => {
    const centre = column(centres, 3);
    const near = hostTensor(
      [1, 16],
      Float32Array.from(centre, (v, i) => v + (i % 2 ? 0.02 : -0.02)),
    );
    const { gradients } = await evaluate(await make(arcFace({ s: 20 })), { centres }, near, [3]);
    expectNear(
      gradients.embeddings,
      differences((x) => arcFaceReference(x, centres, [3], 20, 0.5, 'plain'), near),
      1e-2,
    );
  });

  test('accuracy is measured without the margin: logits are s·cos θ for any m', async () => {
    const expected = labels.flatMap((_, i) => cosines(row(embeddings, i), centres).map((c) => 64 * c));
    for (const m of [0, 0.5])
      expectNear((await evaluate(await make(arcFace({ m })), { centres }, embeddings, labels)).logits, expected, 1e-5);
  });

  test('the class matrix survives the switch: ArcFace continues from the normalised softmax kernel', async () => {
    const first = await make(softmax());
    const second = await make(arcFace());
    const trained = {
      kernel: hostTensor(
        [16, 10],
        Float32Array.from(centres.data, (v, i) => v * (1 + (i % 10))),
      ),
      bias: normal([10], 'biases'),
    };
    const adopted = second.adopt!(first.centres!(trained));
    for (let j = 0; j < 10; j++) {
      const [is, was] = [column(adopted.centres, j), column(trained.kernel, j)];
      expect(Math.hypot(...is)).toBeCloseTo(1, 5);
      expectNear(
        is,
        was.map((v) => v / Math.hypot(...was)),
        1e-5,
      );
    }
    const samples = hostTensor(
      [10, 16],
      Float32Array.from({ length: 160 }, (_, i) => 5 * centres.data[(i % 16) * 10 + Math.floor(i / 16)]),
    );
    const everyone = Array.from({ length: 10 }, (_, i) => i);
    const kept = await evaluate(second, adopted, samples, everyone);
    const fresh = await evaluate(second, second.init(10, 16, random.fork('fresh')).params, samples, everyone);
    expect(kept.loss).toBeLessThan(1);
    expect(fresh.loss).toBeGreaterThan(20);
  });

  test('the head trains its centres, along the sphere, and has no second class matrix', async () => {
    const loss = await make(arcFace());
    expect(Object.entries(loss.init(10, 16, random).params).map(([name, { shape }]) => [name, shape])).toEqual([
      ['centres', [16, 10]],
    ]);
    const { gradients } = await evaluate(loss, { centres }, embeddings, labels);
    const gradient = hostTensor([16, 10], gradients.centres);
    for (let j = 0; j < 10; j++) {
      const [g, w] = [column(gradient, j), column(centres, j)];
      expect(Math.hypot(...g)).toBeGreaterThan(0);
      expect(Math.abs(dot(g, w))).toBeLessThan(1e-4 * Math.hypot(...g) * Math.hypot(...w) + 1e-5);
    }
  });

  test('lengths do not matter: embeddings and centres are normalised', async () => {
    const loss = await make(arcFace());
    const scaled = (x: HostTensor, by: number): HostTensor =>
      hostTensor(
        x.shape,
        Float32Array.from(x.data, (v) => by * v),
      );
    const { loss: value } = await evaluate(loss, { centres }, embeddings, labels);
    expectNear(
      [(await evaluate(loss, { centres: scaled(centres, 7) }, scaled(embeddings, 0.01), labels)).loss],
      [value],
      1e-5,
    );
  });
});

test('every parameter has its own random stream: the initial kernel does not depend on the bias', async () => {
  const kernels = await Promise.all(
    [true, false].map(
      async (bias) => (await make(softmax({ bias }))).init(5, 4, createRandom(3)).params.kernel.data as Float32Array,
    ),
  );
  expect(kernels[0]).toEqual(kernels[1]);
  const centres = (await make(arcFace())).init(2000, 16, createRandom(3)).params.centres.data as Float32Array;
  expect(Math.sqrt(centres.reduce((sum, v) => sum + v * v, 0) / centres.length)).toBeCloseTo(0.01, 3);
  const limit = Math.sqrt(6 / (4 + 5));
  expect(Math.max(...kernels[0].map(Math.abs))).toBeLessThanOrEqual(limit);
  expect(Math.max(...kernels[0].map(Math.abs))).toBeGreaterThan(0.8 * limit);
});

test('wrong options are errors that name the key', () => {
  expect(() => arcFace({ margin: 0.5 } as never)).toThrow(/margin/);
  expect(() => arcFace({ s: 0 })).toThrow(/"s"/);
  expect(() => arcFace({ m: 3.2 })).toThrow(/"m"/);
});
