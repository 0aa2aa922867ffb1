/**
 * What the kernels need from Node: the compiled file from disk, and memory. Browser bundlers use file.browser.ts
 * instead (`imports` in package.json).
 */
import { readFileSync } from 'node:fs';

export const kernelBytes = (): Uint8Array => readFileSync(new URL('../../generated/kernels.wasm', import.meta.url));

/** An array that the caller fills completely: zeroing it first would take longer than filling it. */
export const unfilled = (bytes: number): Uint8Array => new Uint8Array(Buffer.allocUnsafeSlow(bytes).buffer);
