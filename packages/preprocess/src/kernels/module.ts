/**
 * The WebAssembly kernels (`kernels/`, AssemblyScript with SIMD, compiled at build time) and their memory. Each matches
 * the plain TypeScript next to it bit for bit; that code is the reference, and the fallback if WebAssembly or the
 * compiled file is missing.
 */
import { kernelBytes, unfilled } from '#kernels';

/** The parts of the WebAssembly API used here, which neither TypeScript's ES library nor Node's types declare. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => Module;
  readonly Instance: new (module: Module, imports: object) => { readonly exports: unknown };
};
type Module = object;

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  warp(
    src: number,
    width: number,
    height: number,
    left: number,
    top: number,
    a: number,
    b: number,
    tx: number,
    ty: number,
    size: number,
    columns: number,
    out: number,
  ): void;
  opening(src: number, width: number, height: number, reach: number, room: number, out: number): void;
  gaussian(src: number, out: number, count: number, table: number, state: number): void;
  saltAndPepper(src: number, out: number, count: number, struck: number, salt: number, state: number): void;
  pyramid(
    photo: number,
    sourceWidth: number,
    sourceHeight: number,
    levels: number,
    count: number,
    row: number,
    line: number,
  ): void;
  crop(
    photo: number,
    photoWidth: number,
    left: number,
    top: number,
    right: number,
    bottom: number,
    offsetX: number,
    offsetY: number,
    side: number,
    blockScale: number,
    taps: number,
    columnStart: number,
    columnFirst: number,
    columnWeights: number,
    mask: number,
    rowStart: number,
    rowFirst: number,
    rowWeights: number,
    doubles: number,
    lines: number,
    sum: number,
    out: number,
  ): void;
}

/** SIMD instructions read and write slightly past the end of their data. */
export const SLACK = 64;
const START = 1024;
const PAGE = 65536;

let compiled: Module | null | undefined;

/** Compiled once per process; `null` if that fails. */
function compiledModule(): Module | null {
  if (compiled === undefined) {
    try {
      compiled = new WebAssembly.Module(kernelBytes());
    } catch {
      compiled = null;
    }
  }
  return compiled;
}

/** An instance with its own memory, allocated in blocks that live until the next `reset`. */
export class Kernels {
  private static shared: Kernels | undefined;
  readonly run: Exports;
  private next = START;
  private view = new Uint8Array();

  private constructor(module: Module) {
    this.run = new WebAssembly.Instance(module, {}).exports as unknown as Exports;
  }

  /** `undefined` if the kernels cannot run; the plain code is used then. */
  static open(): Kernels | undefined {
    const module = compiledModule();
    return module ? new Kernels(module) : undefined;
  }

  /** An instance for all kernels that finish within one call: each call frees the blocks of the one before. */
  static forOneCall(): Kernels | undefined {
    Kernels.shared ??= Kernels.open();
    Kernels.shared?.reset();
    return Kernels.shared;
  }

  /** Size of the memory, which never shrinks. */
  get byteLength(): number {
    return this.run.memory.buffer.byteLength;
  }

  /** Frees all blocks except those allocated before `mark` was taken. */
  reset(mark = START): void {
    this.next = mark;
  }
  mark(): number {
    return this.next;
  }

  /** Allocates a block and returns its offset, a multiple of 16. */
  room(bytes: number): number {
    const at = (this.next + 15) & ~15;
    this.next = at + bytes + SLACK;
    const missing = this.next - this.byteLength;
    if (missing > 0) this.run.memory.grow(Math.ceil(missing / PAGE));
    return at;
  }

  /** The memory's bytes, valid until the next `room`. */
  bytes(): Uint8Array {
    if (this.view.buffer !== this.run.memory.buffer) this.view = new Uint8Array(this.run.memory.buffer);
    return this.view;
  }

  /** Copies values into a new block. */
  put(values: Uint8Array | Int16Array | Int32Array | Uint32Array | Float32Array | Float64Array): number {
    const at = this.room(values.byteLength);
    this.bytes().set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
    return at;
  }

  /** A copy of a kernel's output. */
  take(at: number, bytes: number): Uint8Array {
    const values = unfilled(bytes);
    values.set(this.bytes().subarray(at, at + bytes));
    return values;
  }
  /** A view of a kernel's output, valid until the next `reset` or `room`. */
  floats(at: number, count: number): Float32Array {
    return new Float32Array(this.run.memory.buffer, at, count);
  }
}
