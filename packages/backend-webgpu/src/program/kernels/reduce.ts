/**
 * Reductions of [outer, length, inner] to [outer, chunks, inner]. A workgroup handles several adjacent columns of
 * `inner`, which read adjacent memory, with several lanes each that share the length and then combine in workgroup
 * memory. Expressions are computed as they are read; with one chunk, values that only depend on the finished result are
 * computed at the end.
 */
import { CodeWriter, literal } from '../code.js';
import { declare, targetName, type KernelContext, type Source } from '../kernel.js';
import type { Geometry, Pointwise, Reduce, ReduceOp } from '../node.js';
import { compute } from './pointwise.js';

const THREADS = 128;
/** A shorter axis is reduced by a single thread. */
const SHORT = 32;

interface Layout {
  /** Adjacent threads along `inner` (for short lengths: along all the results). */
  readonly columns: number;
  readonly lanes: number;
}

function layoutOf({ outer, chunks, length, inner }: Geometry): Layout {
  const share = Math.ceil(length / chunks);
  if (share <= SHORT || outer * chunks * inner >= 1 << 16) return { columns: 64, lanes: 1 };
  let columns = 1;
  while (columns < Math.min(inner, 32)) columns *= 2;
  return { columns, lanes: THREADS / columns };
}

export function reduceKernel(
  nodes: readonly Reduce[],
  after: readonly Pointwise[],
  context: KernelContext,
): { source: Source; code: CodeWriter } {
  const [{ geometry }] = nodes;
  const { outer, chunks, length, inner } = geometry;
  const { columns, lanes } = layoutOf(geometry);
  const share = Math.ceil(length / chunks);
  const code = new CodeWriter(context);
  const results = outer * chunks * inner;
  const flat = lanes === 1;
  const tiles = flat ? Math.ceil(results / columns) : outer * chunks * Math.ceil(inner / columns);
  const [groupsX, groupsY] = spread(tiles, context.limits.groups);
  code.line(`let tile = group.x${groupsY > 1 ? ` + group.y * ${groupsX}u` : ''};`);
  if (flat) {
    code.line(`let i = tile * ${columns}u + thread;`);
    code.line(`let inside = i < ${results}u;`);
    const [column, part] = columnAndPart(inner, results);
    code.line(`let column = ${column};`);
    code.line(`let part = ${part};`);
    code.line('let lane = 0u;');
  } else {
    const across = Math.ceil(inner / columns);
    code.line(`let part = ${across === 1 ? 'tile' : `tile / ${across}u`};`);
    code.line(`let column = ${across === 1 ? '' : `(tile % ${across}u) * ${columns}u + `}thread % ${columns}u;`);
    code.line(`let lane = thread / ${columns}u;`);
    code.line(`let inside = ${inner % columns === 0 ? '' : `column < ${inner}u && `}part < ${outer * chunks}u;`);
    code.line(`let i = part * ${inner}u + column;`);
  }
  code.line(`let outer = ${chunks === 1 ? 'part' : `part / ${chunks}u`};`);
  code.line(`let start = ${chunks === 1 ? '0u' : `(part % ${chunks}u) * ${share}u`};`);
  code.line(`let end = ${chunks === 1 ? `${length}u` : `min(start + ${share}u, ${length}u)`};`);
  for (const [index, node] of nodes.entries()) code.line(`var sum${index} = ${neutral(node)};`);
  code.block('if (inside)', () =>
    code.block(`for (var l = start + lane; l < end; l += ${lanes}u)`, () => {
      const at = code.let(
        `${outer === 1 ? '' : `outer * ${length * inner}u + `}l${inner === 1 ? '' : ` * ${inner}u + column`}`,
      );
      if (inner > 1) {
        code.known(`${at} % ${inner}u`, 'column');
        code.known(`${at} / ${inner}u`, outer === 1 ? 'l' : code.let(`outer * ${length}u + l`));
      } else if (outer > 1) {
        code.known(`${at} % ${length}u`, 'l');
        code.known(`${at} / ${length}u`, 'outer');
      }
      for (const [index, node] of nodes.entries())
        code.line(`sum${index} = ${combined(node.op, `sum${index}`, code.at(node.inputs[0], at))};`);
    }),
  );
  for (let half = lanes / 2; half >= 1; half /= 2) {
    // a lane of the upper half stores its part, one of the lower half adds it
    code.line(
      `if (lane >= ${half}u && lane < ${2 * half}u) { ${nodes.map((_, index) => `shared${index}[thread] = sum${index};`).join(' ')} }`,
    );
    code.line('workgroupBarrier();');
    code.line(
      `if (lane < ${half}u) { ${nodes.map((node, index) => `sum${index} = ${combined(node.op, `sum${index}`, `shared${index}[thread + ${half * columns}u]`)};`).join(' ')} }`,
    );
  }
  const writes = [...nodes, ...after];
  code.block('if (inside && lane == 0u)', () => {
    const values = nodes.map((node, index) => {
      const name = code.let(`(sum${index})`);
      code.define(node, name, 'i');
      return name;
    });
    values.push(...compute(code, after, 'i'));
    writes.forEach((node, index) => code.line(`${targetName(code, node, index, context)}[i] = ${values[index]};`));
  });
  const { declarations, bindings } = declare(code, writes, context);
  const shared = flat
    ? ''
    : nodes.map((node, index) => `var<workgroup> shared${index}: array<${node.kind}, ${columns * lanes}>;`).join('\n');
  const wgsl = `${declarations}
${shared}
@compute @workgroup_size(${columns * lanes}) fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
${code.text}
}`;
  return { source: { wgsl, bindings, workgroups: [groupsX, groupsY, 1] }, code };
}

function spread(groups: number, most: number): [number, number] {
  if (groups <= most) return [groups, 1];
  const rows = Math.ceil(groups / most);
  return [Math.ceil(groups / rows), rows];
}

const LARGEST = 3.4028234663852886e38;

function neutral({ op, kind }: Reduce): string {
  if (op === 'sum') return literal(0, kind);
  if (kind === 'i32') return op === 'max' ? '-2147483647i' : '2147483647i';
  return literal(op === 'max' ? -LARGEST : LARGEST);
}

const combined = (op: ReduceOp, a: string, b: string): string => (op === 'sum' ? `${a} + ${b}` : `${op}(${a}, ${b})`);

/** The position of result `i`: its column within `inner`, and the outer part. */
function columnAndPart(inner: number, results: number): [column: string, part: string] {
  if (inner === 1) return ['0u', 'i'];
  return inner === results ? ['i', '0u'] : [`i % ${inner}u`, `i / ${inner}u`];
}
