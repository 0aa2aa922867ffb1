// Look-alike negatives left out of the softmax: value and gradients of every margin loss against formulas in double precision that have no such
// classes, with batches in which the filter takes some classes, all, or none.
import { hostScalar, hostTensor, type ConfiguredPlugin, type HostTensor, type HostTensors } from '@facewright/core';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  column,
  cosines,
  createEvaluate,
  crossEntropy,
  dot,
  expectGradients,
  expectNear,
  length,
  make,
  mean,
  normal,
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
  subCentreArcFace,
} from './index.js';

let evaluate: Evaluate;
beforeAll(async () => {
  evaluate = await createEvaluate();
});

const ABOVE = 0.3;
const S = 8;
const labels = [0, 4, 2, 2, 1, 3];
const embeddings = normal([6, 8], 'embeddings', 3);
const centres = normal([8, 5], 'centres', 0.1);

/** The classes that take part in the softmax of a photo, by their cosines. */
const kept = (cos: readonly number[], label: number): number[] =>
  cos.flatMap((c, j) => (j === label || c <= ABOVE ? [j] : []));

type Logit = (cos: number, own: number, i: number) => number;

/** The batch mean of the cross-entropy over the classes kept, smoothed over them. */
function formula(x: HostTensor, w: HostTensor, target: Logit, other: Logit = (c) => c, smoothing = 0): number {
  return mean(
    labels.map((label, i) => {
      const cos = cosines(row(x, i), w);
      const classes = kept(cos, label);
      const z = classes.map((j) => S * (j === label ? target : other)(cos[j], cos[label], i));
      const own = classes.indexOf(label);
      return (1 - smoothing) * crossEntropy(z, own) + smoothing * mean(z.map((_, j) => crossEntropy(z, j)));
    }),
  );
}

const added =
  (m: number): Logit =>
  (c) =>
    Math.cos(Math.acos(c) + m);
const fallback =
  (m: number): Logit =>
  (c) =>
    Math.acos(c) + m <= Math.PI ? Math.cos(Math.acos(c) + m) : c - m * Math.sin(m);

const T = 0.2; // of curricularface, held by its momentum
const QUALITY = labels.map((_, i) => Math.max(-1, Math.min(1, ((length(embeddings, i) - 7) / (1.5 + 1e-3)) * 0.333)));
const magLength = (x: HostTensor, i: number): number => Math.min(9, Math.max(8, length(x, i)));

interface Case {
  readonly plugin: ConfiguredPlugin<'loss'>;
  readonly expected: (x: HostTensor, w: HostTensor) => number;
  readonly statistics?: HostTensors;
}
const cases: Readonly<Record<string, Case>> = {
  'normalised-softmax': {
    plugin: normalisedSoftmax({ s: S, filterAbove: ABOVE }),
    expected: (x, w) => formula(x, w, (c) => c),
  },
  arcface: { plugin: arcFace({ s: S, filterAbove: ABOVE }), expected: (x, w) => formula(x, w, added(0.5)) },
  'arcface, smoothed': {
    plugin: arcFace({ s: S, filterAbove: ABOVE, smoothing: 0.2 }),
    expected: (x, w) => formula(x, w, added(0.5), undefined, 0.2),
  },
  cosface: { plugin: cosFace({ s: S, filterAbove: ABOVE }), expected: (x, w) => formula(x, w, (c) => c - 0.35) },
  'combined-margin': {
    plugin: combinedMargin({ s: S, m2: 0.3, m3: 0.2, filterAbove: ABOVE }),
    expected: (x, w) => formula(x, w, (c, own, i) => added(0.3)(c, own, i) - 0.2),
  },
  adaface: {
    plugin: adaFace({ s: S, momentum: 0.999999, filterAbove: ABOVE }),
    statistics: { mean: hostScalar(7), deviation: hostScalar(1.5) },
    expected: (x, w) =>
      formula(x, w, (c, _, i) => {
        const angle = Math.max(0, Math.min(Math.PI, Math.acos(c) - 0.4 * QUALITY[i]));
        return Math.cos(angle) - 0.4 * (1 + QUALITY[i]);
      }),
  },
  magface: {
    plugin: magFace({ s: S, lengths: [8, 9], margins: [0.3, 0.9], filterAbove: ABOVE }),
    expected: (x, w) =>
      formula(x, w, (c, own, i) => fallback(0.3 + 0.6 * (magLength(x, i) - 8))(c, own, i)) +
      35 * mean(labels.map((_, i) => 1 / magLength(x, i) + magLength(x, i) / 81)),
  },
  curricularface: {
    plugin: curricularFace({ s: S, momentum: 0.999999, filterAbove: ABOVE }),
    statistics: { t: hostScalar(T) },
    expected: (x, w) =>
      formula(x, w, fallback(0.5), (c, own) => (c > Math.cos(Math.acos(own) + 0.5) ? c * (T + c) : c)),
  },
};

test('some classes are left out, and others are not', () => {
  const counts = labels.map((label, i) => kept(cosines(row(embeddings, i), centres), label).length);
  expect(Math.min(...counts)).toBeLessThan(5);
  expect(Math.max(...counts)).toBe(5);
});

describe('value and gradients against the formula in double precision', () => {
  for (const [name, { plugin, expected, statistics }] of Object.entries(cases))
    test(name, async () => {
      const { loss, logits, gradients } = await evaluate(
        await make(plugin),
        { centres },
        embeddings,
        labels,
        statistics,
      );
      expectNear([loss], [expected(embeddings, centres)], 1e-4);
      expectGradients(gradients, expected, embeddings, centres);
      // accuracy is measured on all classes
      expectNear(
        logits,
        labels.flatMap((_, i) => cosines(row(embeddings, i), centres).map((c) => S * c)),
        1e-5,
      );
    });
});

test('a sub-centre that looks alike takes its person out, and none of its centres moves', async () => {
  const k = 2;
  const [photo, away] = [column(normal([8, 1], 'photo'), 0), column(normal([8, 1], 'away'), 0)];
  const across = away.map((v, axis) => v - (dot(away, photo) / dot(photo, photo)) * photo[axis]);
  // person 0 is its own, person 1 has one centre on the photo and one across, person 2 has none near
  const directions = [across, photo, across.map((v) => -v), across, across, across];
  const all = hostTensor([8, k * 3], Float32Array.from({ length: 8 * 6 }, (_, at) => directions[at % 6][at / 6 | 0])); // prettier-ignore
  const { loss, gradients } = await evaluate(
    await make(subCentreArcFace({ s: S, k, filterAbove: ABOVE })),
    { centres: all },
    hostTensor([1, 8], Float32Array.from(photo)),
    [0],
    { uses: hostTensor([k, 3], new Float32Array(k * 3)) },
  );
  expectNear([loss], [crossEntropy([S * Math.cos(Math.PI / 2 + 0.5), 0], 0)], 1e-5);
  const moved = Array.from({ length: k * 3 }, (_, j) =>
    Math.hypot(...column(hostTensor([8, 6], gradients.centres), j)),
  );
  expect([moved[1], moved[4]]).toEqual([0, 0]);
  expect(moved[0] + moved[3]).toBeGreaterThan(0.1);
});

test('when all others look alike, nothing is left to push away from', async () => {
  const [photo] = [row(embeddings, 0)];
  const same = hostTensor(
    [8, 5],
    Float32Array.from({ length: 40 }, (_, at) => photo[Math.floor(at / 5)]),
  );
  const { loss, gradients } = await evaluate(
    await make(arcFace({ filterAbove: ABOVE })),
    { centres: same },
    hostTensor([1, 8], Float32Array.from(photo)),
    [3],
  );
  expect(loss).toBe(0);
  for (const gradient of Object.values(gradients)) expect(Math.max(...gradient.map(Math.abs))).toBe(0);
});
