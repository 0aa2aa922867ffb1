/**
 * Tiled matrix products, and convolutions expressed as such: [rows, depth]·[depth, columns]. A workgroup computes a
 * tile of the result: it loads the parts of both operands into its memory one slice of the depth at a time, and each
 * thread accumulates 4×4 values in registers. If the result is small and the depth large (gradients of kernels), the
 * depth is split and a reduction sums the parts.
 */
import { CodeWriter } from '../code.js';
import { declare, type KernelContext, type Source } from '../kernel.js';
import type { Node, Product } from '../node.js';

/** Result values per thread along each axis; it reads them from workgroup memory as one vector. */
const OWN = 4;
/** Depth of a slice. */
const SLICE = 16;

export function productKernel(node: Product, context: KernelContext): { source: Source; code: CodeWriter } {
  const { batch, rows, columns, depth, splits } = node;
  const side = tileSide(rows, columns, batch * splits);
  const across = side / OWN;
  const threads = across * across;
  const share = Math.ceil(depth / splits / SLICE) * SLICE;
  const code = new CodeWriter(context);
  code.line(`let part = group.z;`);
  code.line(`let batch = ${splits === 1 ? 'part' : `part / ${splits}u`};`);
  code.line(`let start = ${splits === 1 ? '0u' : `(part % ${splits}u) * ${share}u`};`);
  code.line(`let end = ${splits === 1 ? `${depth}u` : `min(start + ${share}u, ${depth}u)`};`);
  code.line(`let firstRow = group.y * ${side}u;\nlet firstColumn = group.x * ${side}u;`);
  code.line(`let ownRow = (thread / ${across}u) * ${OWN}u;\nlet ownColumn = (thread % ${across}u) * ${OWN}u;`);
  for (let r = 0; r < OWN; r++) code.line(`var sum${r} = vec4f(0.0);`);
  code.block(`for (var k0 = start; k0 < end; k0 += ${SLICE}u)`, () => {
    load(code, node, 0, threads, side);
    load(code, node, 1, threads, side);
    code.line('workgroupBarrier();');
    code.block(`for (var k = 0u; k < ${SLICE}u; k++)`, () => {
      code.line(
        `let a = tileA[(k * ${side}u + ownRow) / ${OWN}u];\nlet b = tileB[(k * ${side}u + ownColumn) / ${OWN}u];`,
      );
      for (let r = 0; r < OWN; r++) code.line(`sum${r} += a[${r}] * b;`);
    });
    code.line('workgroupBarrier();');
  });
  for (let r = 0; r < OWN; r++) {
    code.block(`if (firstRow + ownRow + ${r}u < ${rows}u)`, () => {
      const at = code.let(
        `part * ${rows * columns}u + (firstRow + ownRow + ${r}u) * ${columns}u + firstColumn + ownColumn`,
      );
      for (let c = 0; c < OWN; c++)
        code.line(`if (firstColumn + ownColumn + ${c}u < ${columns}u) { w0[${at} + ${c}u] = sum${r}[${c}]; }`);
    });
  }
  const { declarations, bindings } = declare(code, [node], context);
  const wgsl = `${declarations}
var<workgroup> tileA: array<vec4f, ${(SLICE * side) / OWN}>;
var<workgroup> tileB: array<vec4f, ${(SLICE * side) / OWN}>;
@compute @workgroup_size(${threads}) fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
${code.text}
}`;
  return {
    source: { wgsl, bindings, workgroups: [Math.ceil(columns / side), Math.ceil(rows / side), batch * splits] },
    code,
  };
}

/** Each thread loads some elements of an operand's slice; neighbouring threads load neighbouring memory. */
function load(code: CodeWriter, node: Product, which: 0 | 1, threads: number, side: number): void {
  const [tile, first, extent] = which === 0 ? ['tileA', 'firstRow', node.rows] : ['tileB', 'firstColumn', node.columns];
  const input: Node = node.inputs[which];
  const read = which === 0 ? node.a : node.b;
  code.block(`for (var e = thread; e < ${SLICE * side}u; e += ${threads}u)`, () => {
    const alongDepth = which === 0 ? node.depthFirst.a : node.depthFirst.b;
    code.line(`let along = ${alongDepth ? `e / ${SLICE}u` : `e % ${side}u`};`);
    code.line(`let deep = ${alongDepth ? `e % ${SLICE}u` : `e / ${side}u`};`);
    code.line(`let at = ${first} + along;\nlet k = k0 + deep;\nvar value = 0.0;`);
    code.block(`if (at < ${extent}u && k < end)`, () => {
      const value = which === 0 ? read(code, input, 'batch', 'at', 'k') : read(code, input, 'batch', 'k', 'at');
      code.line(`value = ${value};`);
    });
    code.line(`${tile}[(deep * ${side}u + along) / ${OWN}u][along % ${OWN}u] = value;`);
  });
}

/** Large tiles read less memory, but a small result then keeps few of the GPU's cores busy. */
function tileSide(rows: number, columns: number, parts: number): number {
  const tiles = (side: number): number => Math.ceil(rows / side) * Math.ceil(columns / side) * parts;
  return Math.min(rows, columns) > 32 && tiles(64) >= 64 ? 64 : 32;
}
