/** Works out the options of `mobilefacenet` from the layers of a file. */
import { FacewrightError } from '@facewright/core';
import { ROWS } from './layouts.js';
import type { Unit } from './units.js';

/** The paper's strides, which no file of weights tells. */
const STRIDES = [2, 2, 1, 2, 1] as const;
const BOTTLENECKS = ROWS.reduce((sum, repeats) => sum + repeats, 0);
/** Halved four times on the way to the last map: by the stem and three rows. */
const REDUCTION = 16;
const STEM = 64;
const LAST = 512;
const EPSILON = 1e-5;
/** The paper's variants, by how many convolutions follow the bottlenecks. */
const VARIANTS: Readonly<Record<number, object>> = { 1: { variant: 'S' }, 2: { variant: 'M' } };

/**
 * Options under which the model has layers of these shapes; all units in order. Throws a `FacewrightError` where there are not the fifteen
 * bottlenecks of the paper, or one has another form than the others of its row.
 */
export function structureOf(units: readonly Unit[], where: string): Record<string, unknown> {
  const refuse = (what: string, unit?: Unit): never => {
    throw new FacewrightError({
      what: `This is not a known kind of MobileFaceNet: ${what}.`,
      where: unit ? `${where}, ${unit.label}` : where,
      todo: 'If its rows of bottlenecks differ, pass them: --options \'{"bottlenecks":[[t,c,n,s], …]}\'.',
    });
  };
  const after = units.length - 2 - 3 * BOTTLENECKS;
  if (after < 1 || after > 3)
    refuse(`it has ${units.length} convolutions; the paper's network has ${2 + 3 * BOTTLENECKS + 3}`);
  const side = (unit: Unit, axis: number): number => unit.kernel.shape[axis] ?? 1;
  const [stem, stemDepthwise] = units;
  const bottlenecks: [number, number, number, number][] = [];
  let index = 2;
  ROWS.forEach((repeats, row) => {
    for (let repeat = 0; repeat < repeats; repeat++, index += 3) {
      const [expand, , project] = units.slice(index, index + 3);
      const [expansion, channels] = [side(expand, 0) / side(expand, 1), side(project, 0)];
      if (!Number.isInteger(expansion)) refuse(`it expands ${side(expand, 1)} channels to ${side(expand, 0)}`, expand);
      if (repeat === 0) bottlenecks.push([expansion, channels, repeats, STRIDES[row]]);
      else if (expansion !== bottlenecks[row][0] || channels !== bottlenecks[row][1])
        refuse(
          `this bottleneck is [t, c] = [${expansion}, ${channels}], but the first of its row is [${bottlenecks[row].slice(0, 2).join(', ')}]`,
          expand,
        );
    }
  });
  const tail = units.slice(index);
  const global = tail[after === 1 ? 0 : 1];
  const [height, width] = [2, 3].map((axis) => REDUCTION * side(global, axis));
  const embedding = after === 3 ? tail[2] : undefined;
  const epsilons = new Set(units.flatMap(({ norm }) => (norm ? [norm.epsilon] : [])));
  const group = side(stemDepthwise, 1);
  return {
    inputSize: height === width ? height : [height, width],
    ...(side(stem, 0) !== STEM && { stem: side(stem, 0) }),
    ...(group > 1 && { stemGroup: group }),
    bottlenecks,
    ...(after > 1 && side(tail[0], 0) !== LAST && { last: side(tail[0], 0) }),
    ...(VARIANTS[after] ?? { embeddingSize: side(embedding!, 0) }),
    ...(embedding?.bias && embedding.norm && { embeddingBias: true }),
    ...(units.every(({ slope }) => !slope) && { activation: 'relu' }),
    batchNormEpsilon: epsilons.size ? Math.min(...epsilons) : EPSILON,
  };
}
