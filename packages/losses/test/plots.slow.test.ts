/**
 * The plots in docs/, computed from the losses themselves, and a check that the committed ones are up to date.
 * `npm run plots -w @facewright/losses` redraws them.
 *
 * There are two classes at right angles. A sample in the plane orthogonal to the other class's centre has cos θ = 0 to
 * it, so with s = 1 the loss is log(1 + e^−z), and the target's logit is z = −log(e^L − 1).
 */
import { hostScalar, hostTensor, type ConfiguredPlugin, type HostTensors } from '@facewright/core';
import { beforeAll, expect, test } from 'vitest';
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
} from '../src/index.js';
import { createEvaluate, make, type Evaluate } from './reference.js';
import { plot, type Curve } from './svg.js';

let evaluate: Evaluate;
beforeAll(async () => {
  evaluate = await createEvaluate();
});

interface Wanted {
  readonly name: string;
  readonly plugin: ConfiguredPlugin<'loss'>;
  readonly length?: number;
  readonly statistics?: HostTensors;
}

const DEGREES = Array.from({ length: 91 }, (_, i) => 2 * i);

/** The target's logit for each angle. */
async function targetLogits({ plugin, length = 1, statistics }: Wanted): Promise<number[]> {
  const loss = await make(plugin);
  // the first class along x, the second along z
  const given = hostTensor([3, 2], Float32Array.of(1, 0, 0, 0, 0, 1));
  const params = subCentres(plugin) ? { centres: threeCentres() } : loss.adopt!(given);
  const values: number[] = [];
  for (const degrees of DEGREES) {
    const theta = (degrees * Math.PI) / 180;
    const sample = hostTensor([1, 3], Float32Array.of(length * Math.cos(theta), length * Math.sin(theta), 0));
    const { loss: value } = await evaluate(loss, params, sample, [0], statistics);
    values.push(-Math.log(Math.expm1(value)));
  }
  return values;
}

const subCentres = (plugin: ConfiguredPlugin<'loss'>): boolean => plugin.meta.name === 'sub-centre-arcface';
/** Sub-centres of the first class at 0, 60 and 120 degrees in the plane; all of the second along z. */
function threeCentres() {
  const at = [0, Math.PI / 3, (2 * Math.PI) / 3];
  return hostTensor(
    [3, 6],
    Float32Array.from([
      ...at.flatMap((angle) => [Math.cos(angle), 0]),
      ...at.flatMap((angle) => [Math.sin(angle), 0]),
      ...at.flatMap(() => [0, 1]),
    ]),
  );
}

const cosine: Wanted = { name: 'cos θ', plugin: normalisedSoftmax({ s: 1 }) };
const lengths = (mean: number): HostTensors => ({ mean: hostScalar(mean), deviation: hostScalar(5) });
const uses: HostTensors = { uses: hostTensor([3, 2], new Float32Array(6)) };
// a single sample hardly moves the running mean
const still = { s: 1, momentum: 0.999999 };

const PLOTS: Record<string, readonly Wanted[]> = {
  softmax: [1, 0.5, 1.5].map((length) => ({ name: `‖x‖ = ${length}`, plugin: softmax(), length })),
  'normalised-softmax': [cosine],
  arcface: [
    cosine,
    ...(['plain', 'fallback', 'continued', 'easy'] as const).map((beyond) => ({
      name: `m = 0.5, ${beyond}`,
      plugin: arcFace({ s: 1, beyond }),
    })),
  ],
  cosface: [cosine, ...[0.2, 0.35, 0.5].map((m) => ({ name: `m = ${m}`, plugin: cosFace({ s: 1, m }) }))],
  'combined-margin': [
    cosine,
    { name: '(1, 0.3, 0.2)', plugin: combinedMargin({ s: 1 }) },
    { name: '(0.9, 0.4, 0.15)', plugin: combinedMargin({ s: 1, m1: 0.9, m2: 0.4, m3: 0.15 }) },
    { name: '(1.35, 0, 0)', plugin: combinedMargin({ s: 1, m1: 1.35, m2: 0, m3: 0 }) },
    { name: '(1.35, 0, 0), continued', plugin: combinedMargin({ s: 1, m1: 1.35, m2: 0, m3: 0, beyond: 'continued' }) },
  ],
  'sub-centre-arcface': [
    { name: 'ArcFace, one centre at 0°', plugin: arcFace({ s: 1 }) },
    { name: 'sub-centres at 0°, 60°, 120°', plugin: subCentreArcFace({ s: 1 }), statistics: uses },
  ],
  adaface: [
    cosine,
    ...(
      [
        ['poor photo, ẑ = −1', 35],
        ['ẑ = 0', 20],
        ['good photo, ẑ = 1', 5],
      ] as const
    ).map(([name, mean]) => ({ name, plugin: adaFace(still), length: 20, statistics: lengths(mean) })),
  ],
  magface: [
    cosine,
    ...[10, 60, 110].map((length) => ({ name: `‖x‖ = ${length}`, plugin: magFace({ s: 1, lambda: 0 }), length })),
  ],
  curricularface: [
    cosine,
    { name: 'm = 0.5, fallback', plugin: curricularFace({ s: 1 }), statistics: { t: hostScalar(0) } },
  ],
};

for (const [name, wanted] of Object.entries(PLOTS)) {
  test(`docs/${name}.svg is up to date`, async () => {
    const curves: Curve[] = [];
    for (const each of wanted)
      curves.push({ name: each.name, points: (await targetLogits(each)).map((value, i) => [DEGREES[i], value]) });
    expect(curves.every(({ points }) => points.every(([, value]) => Number.isFinite(value)))).toBe(true);
    await expect(plot(`${name}: the target's logit / s`, curves)).toMatchFileSnapshot(`../docs/${name}.svg`);
  });
}

test('the readout is right: cos θ for a loss without a margin, cos θ − 0.35 for cosface', async () => {
  const [plain, margin] = [await targetLogits(cosine), await targetLogits({ name: '', plugin: cosFace({ s: 1 }) })];
  DEGREES.forEach((degrees, i) => {
    expect(plain[i]).toBeCloseTo(Math.cos((degrees * Math.PI) / 180), 5);
    expect(margin[i]).toBeCloseTo(Math.cos((degrees * Math.PI) / 180) - 0.35, 5);
  });
});
