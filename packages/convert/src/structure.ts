/** Derives the options of `mobilefacenet` from the layers of a file. */
import { FacewrightError } from '@facewright/core';
import { ROWS } from './layouts.js';
import type { Unit } from './units.js';

/** The paper's strides, which weights do not reveal. */
const STRIDES = [2, 2, 1, 2, 1] as const;
const BOTTLENECKS = ROWS.reduce((sum, repeats) => sum + repeats, 0);
const STEM = 64;
const LAST = 512;
const EPSILON = 1e-5;
/** The paper's variants, by how many convolutions follow the bottlenecks. */
const VARIANTS: Readonly<Record<number, object>> = { 1: { variant: 'S' }, 2: { variant: 'M' } };

type Row = [expansion: number, channels: number, repeats: number, stride: number];

/** The role of each layer of the network, in order. */
type Role = 'stem' | 'stemDepthwise' | 'expand' | 'depthwise' | 'project' | 'last' | 'global' | 'embedding';

type Refuse = (what: string, unit?: Unit) => never;

/**
 * Options that give the model layers of these shapes; expects all units in order. Throws a `FacewrightError` that names
 * the first layer the model cannot have. Without strides from a graph, the rows are the paper's.
 */
export function structureOf(units: readonly Unit[], where: string): Record<string, unknown> {
  const refuse: Refuse = (what, unit) => {
    throw new FacewrightError({
      what: `This is not a known kind of MobileFaceNet: ${what}.`,
      where: unit ? `${where}, ${unit.label}` : where,
      todo: 'If its rows of bottlenecks differ, pass them: --options \'{"bottlenecks":[[t,c,n,s], …]}\'.',
    });
  };
  const roles = rolesOf(units) ?? refuse(...oddLayer(units));
  const fromGraph = units.every(({ geometry }) => geometry);
  if (fromGraph) roles.forEach((role, index) => checkGeometry(units, index, role, refuse));
  const bottlenecks = rowsOf(units, roles, refuse);
  if (!fromGraph) takePaperStrides(bottlenecks, refuse);
  const of = (role: Role): Unit | undefined => units[roles.indexOf(role)];
  const [last, embedding] = [of('last'), of('embedding')];
  const reduction = 2 * bottlenecks.reduce((product, [, , , stride]) => product * stride, 1);
  const [height, width] = [2, 3].map((axis) => reduction * side(of('global')!, axis));
  const epsilons = units.flatMap(({ norm }) => (norm && norm.epsilon > 0 ? [norm.epsilon] : []));
  const group = side(of('stemDepthwise')!, 1);
  const after = roles.length - roles.lastIndexOf('project') - 1;
  return {
    inputSize: height === width ? height : [height, width],
    ...(side(units[0], 0) !== STEM && { stem: side(units[0], 0) }),
    ...(group > 1 && { stemGroup: group }),
    bottlenecks,
    ...(last && side(last, 0) !== LAST && { last: side(last, 0) }),
    ...(VARIANTS[after] ?? { embeddingSize: side(embedding!, 0) }),
    ...(embedding?.bias && embedding.norm && { embeddingBias: true }),
    ...(units.every(({ slope }) => !slope || slope.data.every((value) => value === 0)) && { activation: 'relu' }),
    batchNormEpsilon: epsilons.length ? Math.min(...epsilons) : EPSILON,
  };
}

const side = (unit: Unit, axis: number): number => unit.kernel.shape[axis] ?? 1;
const isPointwise = (unit: Unit): boolean => side(unit, 2) === 1 && side(unit, 3) === 1;
const isThree = (unit: Unit): boolean => side(unit, 2) === 3 && side(unit, 3) === 3;

/** Stem, bottlenecks and what follows them; undefined if the layers are not in the paper's order. */
function rolesOf(units: readonly Unit[]): Role[] | undefined {
  const [stem, depthwise] = units;
  if (units.length < 6 || side(stem, 1) !== 3 || !isThree(stem) || !isThree(depthwise)) return undefined;
  if (side(depthwise, 0) !== side(stem, 0) || side(depthwise, 1) * 2 > side(stem, 0)) return undefined;
  const roles: Role[] = ['stem', 'stemDepthwise'];
  let [index, channels] = [2, side(stem, 0)];
  // something follows the last of them: with a 3×3 map, the three layers of the tail look like a bottleneck
  while (index + 3 < units.length && isBottleneck(units.slice(index, index + 3), channels)) {
    roles.push('expand', 'depthwise', 'project');
    channels = side(units[index + 2], 0);
    index += 3;
  }
  const tail = units.slice(index);
  const names: Role[] =
    tail.length === 1 ? ['global'] : (['last', 'global', 'embedding'] as const).slice(0, tail.length);
  return index > 2 && isTail(tail, names, channels) ? [...roles, ...names] : undefined;
}

const isBottleneck = ([expand, depthwise, project]: readonly Unit[], channels: number): boolean =>
  isPointwise(expand) &&
  side(expand, 1) === channels &&
  isThree(depthwise) &&
  side(depthwise, 1) === 1 &&
  side(depthwise, 0) === side(expand, 0) &&
  isPointwise(project) &&
  side(project, 1) === side(expand, 0);

function isTail(tail: readonly Unit[], names: readonly Role[], channels: number): boolean {
  if (!tail.length || tail.length > 3) return false;
  let inputs = channels;
  return tail.every((unit, index) => {
    const fits =
      names[index] === 'global'
        ? side(unit, 1) === 1 && side(unit, 0) === inputs
        : isPointwise(unit) && side(unit, 1) === inputs;
    inputs = side(unit, 0);
    return fits;
  });
}

const shapeOf = ({ kernel }: Unit): string => kernel.shape.join('×');

/** The one layer without which the others match the paper, or how many there are. */
function oddLayer(units: readonly Unit[]): [what: string, unit?: Unit] {
  const paper = 2 + 3 * BOTTLENECKS + 3;
  const count = `it has ${units.length} convolutions; the paper's network has ${paper}`;
  const odd = units.findIndex((_, index) => rolesOf(units.toSpliced(index, 1)));
  if (odd >= 0 && units.length > 1)
    return [
      `its layer ${odd + 1} (kernel ${shapeOf(units[odd])}) is not in the paper's network, which would be complete without it; ${count}`,
      units[odd],
    ];
  const broken = units.findIndex((_, index) => index > 0 && !couldFollow(units, index));
  if (broken >= 0)
    return [
      `its layer ${broken + 1} (kernel ${shapeOf(units[broken])}) stands where the paper's network has another; ${count}`,
      units[broken],
    ];
  return [count];
}

/** Whether the layers up to this one are the start of a network of bottlenecks. */
function couldFollow(units: readonly Unit[], index: number): boolean {
  const [stem, depthwise] = units;
  if (index === 1) return isThree(stem) && isThree(depthwise) && side(depthwise, 0) === side(stem, 0);
  const place = (index - 2) % 3;
  const channels = side(units[index - place - 1], 0);
  const [expand, middle, project] = units.slice(index - place, index - place + 3);
  if (place === 0) return isPointwise(expand) && side(expand, 1) === channels;
  if (place === 1) return side(middle, 1) === 1 && side(middle, 0) === side(expand, 0);
  return isPointwise(project) && side(project, 1) === side(middle, 0);
}

/** One row for consecutive bottlenecks with the same form; the stride is the graph's, or 1. */
function rowsOf(units: readonly Unit[], roles: readonly Role[], refuse: Refuse): Row[] {
  const rows: Row[] = [];
  roles.forEach((role, index) => {
    if (role !== 'expand') return;
    const [expand, depthwise, project] = units.slice(index, index + 3);
    const [expansion, channels] = [side(expand, 0) / side(expand, 1), side(project, 0)];
    const stride = depthwise.geometry?.strides[0] ?? 1;
    if (!Number.isInteger(expansion))
      refuse(`its layer ${index + 1} expands ${side(expand, 1)} channels to ${side(expand, 0)}`, expand);
    const row = rows.at(-1);
    if (row && stride === 1 && row[0] === expansion && row[1] === channels) row[2]++;
    else rows.push([expansion, channels, 1, stride]);
  });
  return rows;
}

/** Neighbouring rows of the paper may have the same form, and then only their number of repeats tells them apart. */
function takePaperStrides(rows: Row[], refuse: Refuse): void {
  const forms = rows.flatMap(([expansion, channels, repeats]) =>
    Array.from({ length: repeats }, () => [expansion, channels] as const),
  );
  if (forms.length !== BOTTLENECKS)
    refuse(
      `it has ${forms.length} bottlenecks; the paper's network has ${BOTTLENECKS}, and a file of weights does not contain the strides of others`,
    );
  rows.length = 0;
  let index = 0;
  ROWS.forEach((repeats, row) => {
    const own = forms.slice(index, (index += repeats));
    const [expansion, channels] = own[0];
    const odd = own.find((form) => form[0] !== expansion || form[1] !== channels);
    if (odd)
      refuse(
        `a bottleneck of row ${row + 1} is [t, c] = [${odd.join(', ')}], but the first of its row is [${expansion}, ${channels}]`,
      );
    rows.push([expansion, channels, repeats, STRIDES[row]]);
  });
}

/** The model's strides, padding, groups and shortcuts. */
function checkGeometry(units: readonly Unit[], index: number, role: Role, refuse: Refuse): void {
  const unit = units[index];
  const { strides, pads } = unit.geometry!;
  const wide = role === 'stem' || role === 'stemDepthwise' || role === 'depthwise';
  const [height, width] = strides;
  const wanted = role === 'stem' ? 2 : 1;
  if (height !== width || (role !== 'depthwise' && height !== wanted))
    refuse(`its layer ${index + 1} has the strides ${strides.join('×')}; the paper's has ${wanted}`, unit);
  if (pads.some((zeros) => zeros !== (wide ? 1 : 0)))
    refuse(`its layer ${index + 1} is padded by ${pads.join(', ')}; the paper's by ${wide ? 1 : 0}`, unit);
  const entry = role === 'project' ? units[index - 3] : undefined;
  const own = entry && side(units[index - 2], 1) === side(unit, 0) && units[index - 1].geometry!.strides[0] === 1;
  if (unit.shortcut !== (own ? entry : undefined))
    refuse(
      own
        ? `its layer ${index + 1} has no shortcut around its bottleneck, as the paper's has`
        : `its layer ${index + 1} has a shortcut that the paper's network has not`,
      unit,
    );
}
