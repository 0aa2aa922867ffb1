// The losses other than softmax and ArcFace: the conformance suite, and values, gradients and statistics against
// independent formulas that use the angles themselves (double-precision arccosines), unlike the losses.
import { cpu } from '@facewright/backend-cpu';
import { hostScalar, hostTensor, type HostTensor, type HostTensors } from '@facewright/core';
import { testLoss } from '@facewright/testkit';
import { beforeAll, describe, expect, test } from 'vitest';
import { suites } from '../test/suites.js';
import {
  column,
  cosines,
  createEvaluate,
  crossEntropy,
  differences,
  dot,
  expectGradients,
  expectNear,
  length,
  make,
  marginLoss,
  mean,
  normal,
  random,
  row,
  type Evaluate,
} from '../test/reference.js';
import {
  adaFace,
  arcFace,
  combinedMargin,
  cosFace,
  curricularFace,
  magFace,
  normalisedSoftmax,
  softmax,
  subCentreArcFace,
} from './index.js';

for (const [name, loss, options] of suites) testLoss(loss, { engine: cpu(), name, ...options });

let evaluate: Evaluate;
beforeAll(async () => {
  evaluate = await createEvaluate();
});

const embeddings = normal([6, 8], 'embeddings', 3);
const labels = [0, 4, 2, 2, 1, 3];
const lengths = Array.from({ length: 6 }, (_, i) => length(embeddings, i));

/** Centres that put targets on both sides of every threshold: from 3 to 176 degrees. */
const turned = Float32Array.from(normal([8, 5], 'near').data);
for (const [label, i] of [
  [0, 0],
  [4, 1],
] as const)
  row(embeddings, i).forEach((v, k) => {
    turned[k * 5 + label] = (label ? -1 : 1) * v + 0.2 * turned[k * 5 + label];
  });
const centreSets = [
  ['at random', normal([8, 5], 'centres', 0.1)],
  ['near and opposite', hostTensor([8, 5], turned)],
] as const;

type Formula = (x: HostTensor, centres: HostTensor) => number;
const margin =
  (s: number, target: (theta: number, i: number) => number): Formula =>
  (x, centres) =>
    marginLoss(x, centres, labels, s, target);
const PI = Math.PI;

/** CM2 of the ArcFace paper, and a factor above 1. */
const combined = (m1: number, m2: number, m3: number, beyond: string): Formula => {
  const edge = (PI - m2) / m1;
  const otherwise = (theta: number): number =>
    ({
      plain: Math.cos(m1 * theta + m2),
      easy: Math.cos(theta),
      fallback: Math.cos(theta) - m2 * Math.sin(m2),
      continued: Math.cos(theta) - Math.cos(Math.min(PI, edge)) - 1,
    })[beyond]!;
  return margin(
    16,
    (theta) => (theta <= (beyond === 'easy' ? PI / 2 : edge) ? Math.cos(m1 * theta + m2) : otherwise(theta)) - m3,
  );
};

const magFormula =
  (beyond: string): Formula =>
  (x, centres) => {
    const a = labels.map((_, i) => Math.min(9, Math.max(8, length(x, i))));
    const m = a.map((v) => 0.3 + (0.9 - 0.3) * (v - 8));
    const target = (theta: number, i: number): number => {
      if (theta <= (beyond === 'easy' ? PI / 2 : PI - m[i]) || beyond === 'plain') return Math.cos(theta + m[i]);
      const shift = { easy: 0, fallback: -m[i] * Math.sin(m[i]), continued: Math.cos(m[i]) - 1 }[beyond]!;
      return Math.cos(theta) + shift;
    };
    return marginLoss(x, centres, labels, 16, target) + 35 * mean(a.map((v) => 1 / v + v / 81));
  };

describe('value and gradients against the formula in double precision', () => {
  const cases: [string, Parameters<typeof make>[0], Formula][] = [
    ['normalised-softmax', normalisedSoftmax({ s: 16 }), margin(16, Math.cos)],
    ['cosface', cosFace({ s: 16, m: 0.35 }), margin(16, (theta) => Math.cos(theta) - 0.35)],
    [
      'combined-margin, m1 = 0.9',
      combinedMargin({ s: 16, m1: 0.9, m2: 0.4, m3: 0.15 }),
      combined(0.9, 0.4, 0.15, 'plain'),
    ],
    // m1·θ + m2 stays below π: nothing is beyond
    [
      'combined-margin, m1 = 0.9, continued',
      combinedMargin({ s: 16, m1: 0.9, m2: 0.1, m3: 0.15, beyond: 'continued' }),
      combined(0.9, 0.1, 0.15, 'continued'),
    ],
    ...(['plain', 'easy', 'continued'] as const).map((beyond): (typeof cases)[number] => [
      `combined-margin, m1 = 1.35, ${beyond}`,
      combinedMargin({ s: 16, m1: 1.35, m2: 0.1, m3: 0.1, beyond }),
      combined(1.35, 0.1, 0.1, beyond),
    ]),
    ...(['plain', 'easy', 'fallback', 'continued'] as const).map((beyond): (typeof cases)[number] => [
      `combined-margin, m1 = 1, ${beyond}`,
      combinedMargin({ s: 16, beyond }),
      combined(1, 0.3, 0.2, beyond),
    ]),
    ...(['plain', 'easy', 'fallback', 'continued'] as const).map((beyond): (typeof cases)[number] => [
      `magface, ${beyond}`,
      magFace({ s: 16, lengths: [8, 9], margins: [0.3, 0.9], beyond }),
      magFormula(beyond),
    ]),
  ];
  test("the embedding lengths cover both sides of magface's range", () => {
    expect(lengths.some((v) => v < 8)).toBe(true);
    expect(lengths.some((v) => v > 9)).toBe(true);
    expect(lengths.filter((v) => v > 8 && v < 9).length).toBeGreaterThan(0);
  });
  for (const [name, plugin, formula] of cases) {
    for (const [where, centres] of centreSets) {
      test(`${name}, centres ${where}`, async () => {
        const { loss, gradients } = await evaluate(await make(plugin), { centres }, embeddings, labels);
        expectNear([loss], [formula(embeddings, centres)], 1e-5);
        expectGradients(gradients, formula, embeddings, centres);
      });
    }
  }

  test('label smoothing: the cross-entropy with smoothed labels, for each loss that has the option', async () => {
    const [, centres] = centreSets[0];
    const smoothed = (z: number[], label: number): number =>
      z.reduce((sum, _, j) => sum + ((j === label ? 0.8 : 0) + 0.2 / z.length) * crossEntropy(z, j), 0);
    const batch = (logits: (cos: number[], label: number, i: number) => number[]): number =>
      mean(labels.map((label, i) => smoothed(logits(cosines(row(embeddings, i), centres), label, i), label)));
    const atTarget =
      (change: (theta: number) => number) =>
      (cos: number[], label: number): number[] =>
        cos.map((c, j) => 8 * (j === label ? change(Math.acos(c)) : c));
    for (const [plugin, expected] of [
      [
        softmax({ bias: false, smoothing: 0.2 }),
        batch((_, __, i) => Array.from({ length: 5 }, (___, j) => dot(row(embeddings, i), column(centres, j)))),
      ],
      [normalisedSoftmax({ s: 8, smoothing: 0.2 }), batch(atTarget(Math.cos))],
      [arcFace({ s: 8, smoothing: 0.2 }), batch(atTarget((theta) => Math.cos(theta + 0.5)))],
      [cosFace({ s: 8, smoothing: 0.2 }), batch(atTarget((theta) => Math.cos(theta) - 0.35))],
      [combinedMargin({ s: 8, smoothing: 0.2 }), batch(atTarget((theta) => Math.cos(theta + 0.3) - 0.2))],
    ] as const) {
      const params: HostTensors = plugin.meta.name === 'softmax' ? { kernel: centres } : { centres };
      expectNear([(await evaluate(await make(plugin), params, embeddings, labels)).loss], [expected], 1e-5);
    }
  });
});

describe('sub-centre-arcface', () => {
  const k = 3;
  const all = normal([8, k * 5], 'sub-centres', 0.1);
  const uses = hostTensor([k, 5], new Float32Array(k * 5));
  const nearest = (x: readonly number[], centres: HostTensor): { cos: number[]; which: number[] } => {
    const each = cosines(x, centres);
    const groups = Array.from({ length: 5 }, (_, j) => Array.from({ length: k }, (__, i) => each[i * 5 + j]));
    return {
      cos: groups.map((group) => Math.max(...group)),
      which: groups.map((group) => group.indexOf(Math.max(...group))),
    };
  };
  const formula: Formula = (x, centres) =>
    mean(
      labels.map((label, i) => {
        const { cos } = nearest(row(x, i), centres);
        return crossEntropy(
          cos.map((c, j) => 16 * (j === label ? Math.cos(Math.acos(c) + 0.5) : c)),
          label,
        );
      }),
    );

  test('value, gradients, and how often each sub-centre was the nearest', async () => {
    const { loss, gradients, statistics } = await evaluate(
      await make(subCentreArcFace({ s: 16, k })),
      { centres: all },
      embeddings,
      labels,
      { uses },
    );
    expectNear([loss], [formula(embeddings, all)], 1e-5);
    expectGradients(gradients, formula, embeddings, all);
    const expected = new Float32Array(k * 5);
    labels.forEach((label, i) => expected[nearest(row(embeddings, i), all).which[label] * 5 + label]++);
    expect(statistics.uses).toEqual(expected);
  });

  test('passes on the most used sub-centre, and adopts given centres as the first sub-centres', async () => {
    const loss = await make(subCentreArcFace({ k }));
    const counted = hostTensor([k, 5], Float32Array.from([3, 0, 1, 0, 0, 1, 5, 1, 0, 2, 0, 1, 2, 0, 9]));
    const handed = loss.centres!({ centres: all }, { uses: counted });
    [0, 1, 2, 0, 2].forEach((which, j) => expectNear([cosines(column(handed, j), all)[which * 5 + j]], [1], 1e-6));
    const given = normal([8, 5], 'given');
    const { centres } = loss.adopt!(given);
    // before any photo was counted the first is the identity's centre
    const first = loss.centres!({ centres: all });
    for (let j = 0; j < 5; j++) expectNear([cosines(column(first, j), all)[j]], [1], 1e-6);
    for (let j = 0; j < 5; j++) {
      expectNear(
        [dot(column(centres, j), column(given, j))],
        [Math.sqrt(dot(column(given, j), column(given, j)))],
        1e-5,
      );
      // the others differ from it and from each other: equal ones would move together forever
      const [a, b, c] = [0, 1, 2].map((i) => column(centres, i * 5 + j));
      for (const cosine of [dot(a, b), dot(a, c), dot(b, c)]) expect(Math.abs(cosine)).toBeLessThan(0.99);
      for (const centre of [a, b, c]) expect(Math.hypot(...centre)).toBeCloseTo(1, 5);
    }
  });
});

describe('adaface', () => {
  const statistics = { mean: hostScalar(7), deviation: hostScalar(1.5) };
  const batchMean = mean(lengths);
  const batchDeviation = Math.sqrt(lengths.reduce((sum, v) => sum + (v - batchMean) ** 2, 0) / 5);
  const [nextMean, nextDeviation] = [0.9 * 7 + 0.1 * batchMean, 0.9 * 1.5 + 0.1 * batchDeviation];
  const quality = lengths.map((v) => Math.max(-1, Math.min(1, ((v - nextMean) / (nextDeviation + 1e-3)) * 0.333)));
  const formula = (clip: boolean): Formula =>
    margin(16, (theta, i) => {
      const angle = theta - 0.4 * quality[i];
      return Math.cos(clip ? Math.max(0, Math.min(PI, angle)) : angle) - (0.4 + 0.4 * quality[i]);
    });

  test('the batch has photos of both kinds', () => {
    expect(Math.min(...quality)).toBeLessThan(-0.1);
    expect(Math.max(...quality)).toBeGreaterThan(0.1);
  });
  for (const beyond of ['clip', 'plain'] as const) {
    for (const [where, centres] of centreSets) {
      test(`value, statistics, and gradients with the quality fixed (${beyond}), centres ${where}`, async () => {
        const loss = await make(adaFace({ s: 16, momentum: 0.9, beyond }));
        const result = await evaluate(loss, { centres }, embeddings, labels, statistics);
        expectNear([result.loss], [formula(beyond === 'clip')(embeddings, centres)], 1e-5);
        expectNear([result.statistics.mean[0], result.statistics.deviation[0]], [nextMean, nextDeviation], 1e-5);
        expectNear(
          result.gradients.embeddings,
          differences((x) => formula(beyond === 'clip')(x, centres), embeddings),
          1e-3,
        );
        expectNear(
          result.gradients.centres,
          differences((x) => formula(beyond === 'clip')(embeddings, x), centres),
          1e-3,
        );
      });
    }
  }

  test('with quality −1 it is ArcFace, with 0 CosFace, with 1 a negated angle and twice the margin', async () => {
    const [, centres] = centreSets[0];
    const at = async (mean: number): Promise<number> =>
      (
        await evaluate(
          await make(adaFace({ s: 16, m: 0.4, h: mean === 0 ? 1e-9 : 1e9, momentum: 0, beyond: 'plain' })),
          { centres },
          hostTensor([6, 8], scaledRows(mean)),
          labels,
          statistics,
        )
      ).loss;
    // if the last photo is far longer or shorter than the rest, the rest lie on one side of the mean
    const expected = (s: (theta: number, i: number) => number): number =>
      marginLoss(embeddings, centres, labels, 16, s);
    const sides =
      (others: number) =>
      (_: number, i: number): number =>
        i === 5 ? -others : others;
    const of = (q: number, theta: number): number => Math.cos(theta - 0.4 * q) - 0.4 * (1 + q);
    expectNear([await at(0)], [expected((theta) => of(0, theta))], 1e-4);
    expectNear([await at(-1)], [expected((theta, i) => of(sides(-1)(theta, i), theta))], 1e-4);
    expectNear([await at(1)], [expected((theta, i) => of(sides(1)(theta, i), theta))], 1e-4);
  });

  /** The same directions. The last length is above the others (others at −1) or below them (others at 1). */
  const scaledRows = (others: number): Float32Array =>
    Float32Array.from(embeddings.data, (v, i) => {
      const sample = Math.floor(i / 8);
      const wanted = sample === 5 ? 10 - 9 * others : 10;
      return (v / lengths[sample]) * wanted;
    });

  test('a batch of one moves the mean and leaves the deviation unchanged', async () => {
    const one = hostTensor([1, 8], Float32Array.from(row(embeddings, 0)));
    const result = await evaluate(
      await make(adaFace({ momentum: 0.9 })),
      { centres: centreSets[0][1] },
      one,
      [0],
      statistics,
    );
    expectNear([result.statistics.mean[0], result.statistics.deviation[0]], [0.9 * 7 + 0.1 * lengths[0], 1.5], 1e-6);
  });
});

describe('curricularface', () => {
  for (const [where, centres] of centreSets) {
    for (const momentum of [0.99, 0.5]) {
      test(`value, t, and gradients with t fixed, momentum ${momentum}, centres ${where}`, async () => {
        const own = labels.map((label, i) => cosines(row(embeddings, i), centres)[label]);
        const t = momentum * 0.3 + (1 - momentum) * mean(own);
        let hard = 0;
        const formula: Formula = (x, w) =>
          mean(
            labels.map((label, i) => {
              const cos = cosines(row(x, i), w);
              const theta = Math.acos(cos[label]);
              const target = theta + 0.5 <= PI ? Math.cos(theta + 0.5) : cos[label] - 0.5 * Math.sin(0.5);
              return crossEntropy(
                cos.map((c, j) => {
                  if (j === label) return 16 * target;
                  hard += c > Math.cos(theta + 0.5) ? 1 : 0;
                  return 16 * (c > Math.cos(theta + 0.5) ? c * (t + c) : c);
                }),
                label,
              );
            }),
          );
        const result = await evaluate(
          await make(curricularFace({ s: 16, momentum })),
          { centres },
          embeddings,
          labels,
          { t: hostScalar(0.3) },
        );
        expectNear([result.loss], [formula(embeddings, centres)], 1e-5);
        expect(hard).toBeGreaterThan(3);
        expect(hard).toBeLessThan(24);
        expectNear(result.statistics.t, [t], 1e-5);
        expectNear(
          result.gradients.embeddings,
          differences((x) => formula(x, centres), embeddings),
          1e-3,
        );
        expectNear(
          result.gradients.centres,
          differences((w) => formula(embeddings, w), centres),
          1e-3,
        );
      });
    }
  }
});

describe('mistakes of the original project, in any loss', () => {
  const every = [
    softmax,
    normalisedSoftmax,
    arcFace,
    cosFace,
    combinedMargin,
    subCentreArcFace,
    adaFace,
    magFace,
    curricularFace,
  ];

  test('a margin increases the loss: without one it is plain softmax', async () => {
    const without = await make(normalisedSoftmax({ s: 64 }));
    const [, centres] = centreSets[0];
    const base = (await evaluate(without, { centres }, embeddings, labels)).loss;
    for (const plugin of [arcFace(), cosFace(), combinedMargin(), adaFace(), magFace({ lambda: 0 })]) {
      const loss = await make(plugin);
      const { statistics } = loss.init(5, 8, random);
      expect(
        (await evaluate(loss, { centres }, embeddings, labels, statistics)).loss,
        plugin.meta.name,
      ).toBeGreaterThan(base + 5);
    }
  });

  test('every loss adopts the centres of every other', async () => {
    for (const from of every) {
      for (const to of every) {
        const [former, next] = [await make(from()), await make(to())];
        const { params, statistics } = former.init(5, 8, random.fork('from'));
        const given = former.centres!(params, statistics);
        const handed = next.centres!(next.adopt!(given));
        for (let j = 0; j < 5; j++) expectNear([dot(column(given, j), column(handed, j))], [1], 1e-5);
      }
    }
  });
});

test('wrong options are errors that name the key', () => {
  expect(() => combinedMargin({ m1: 2, beyond: 'fallback' })).toThrow(/beyond/);
  expect(() => magFace({ lengths: [110, 10] })).toThrow(/lengths/);
  expect(() => magFace({ margins: [0.8, 0.4] })).toThrow(/margins/);
  expect(() => adaFace({ beyond: 'easy' } as never)).toThrow(/beyond/);
  expect(() => cosFace({ margin: 0.3 } as never)).toThrow(/margin/);
  expect(() => softmax({ smoothing: 1 })).toThrow(/smoothing/);
});
