/** libjpeg-turbo as WebAssembly (the binary of @cwasm/jpeg-turbo): runs anywhere, at about a third of the native speed. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { PlainDecoder } from './decoder.js';

/** What is used of the WebAssembly API, which neither TypeScript's ES library nor Node's types declare. */
interface Module {
  readonly compiled: never;
}
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => Module;
  readonly Instance: new (module: Module, imports: object) => { readonly exports: unknown };
};

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  malloc(bytes: number): number;
  free(at: number): void;
  tjInitDecompress(): number;
  tjDecompress2(
    handle: number,
    bytes: number,
    size: number,
    pixels: number,
    width: number,
    pitch: number,
    height: number,
    format: number,
    flags: number,
  ): number;
}

const PIXELS_RGB = 0;
const ACCURATE_DCT = 4096;

export function openWasmJpeg(): PlainDecoder {
  const path = createRequire(import.meta.url).resolve('@cwasm/jpeg-turbo/jpeg-turbo.wasm');
  const compiled = new WebAssembly.Module(readFileSync(path));
  let instance = start(compiled);
  return {
    name: 'libjpeg-turbo-wasm',
    decode(bytes, { width, height }, into) {
      try {
        if (instance.decode(bytes, width, height, into)) return true;
      } catch {
        // this build traps instead of unwinding from a fatal error
      }
      instance = start(compiled);
      return false;
    },
  };
}

/** One instance of the module, with buffers for files and pixels that grow as needed. */
function start(compiled: Module) {
  const refuse = (): never => {
    throw new Error('not a file that this decoder reads');
  };
  const { exports } = new WebAssembly.Instance(compiled, {
    env: { setjmp: () => 0, longjmp: refuse },
    wasi_snapshot_preview1: {
      environ_sizes_get: () => 0,
      environ_get: refuse,
      proc_exit: refuse,
      fd_close: refuse,
      fd_seek: refuse,
      fd_write: refuse,
    },
  });
  const { memory, malloc, free, tjInitDecompress, tjDecompress2 } = exports as Exports;
  const handle = tjInitDecompress();
  const room = (): ((bytes: number) => number) => {
    let [at, size] = [0, 0];
    return (bytes) => {
      if (bytes <= size) return at;
      free(at);
      [at, size] = [malloc(bytes), bytes];
      if (at === 0) throw new Error('out of memory');
      return at;
    };
  };
  const [roomForFile, roomForPixels] = [room(), room()];
  return {
    decode(bytes: Uint8Array, width: number, height: number, into: Uint8Array): boolean {
      const file = roomForFile(bytes.length);
      const pixels = roomForPixels(into.length);
      new Uint8Array(memory.buffer, file, bytes.length).set(bytes);
      const status = tjDecompress2(
        handle,
        file,
        bytes.length,
        pixels,
        width,
        width * 3,
        height,
        PIXELS_RGB,
        ACCURATE_DCT,
      );
      if (status === 0) into.set(new Uint8Array(memory.buffer, pixels, into.length));
      return status === 0;
    },
  };
}
