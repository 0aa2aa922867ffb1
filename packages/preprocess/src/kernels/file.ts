/** What the kernels need of Node: the compiled file from the disk, and memory; bundlers for browsers take file.browser.ts instead (`imports` of package.json). */
import { readFileSync } from 'node:fs';

export const kernelBytes = (): Uint8Array => readFileSync(new URL('../../generated/kernels.wasm', import.meta.url));

/** An array for values that all are written at once: filling it with zeros before takes longer than writing them. */
export const unfilled = (bytes: number): Uint8Array => new Uint8Array(Buffer.allocUnsafeSlow(bytes).buffer);
