/** The compiled kernels from the disk; bundlers for browsers take file.browser.ts instead (`imports` of package.json). */
import { readFileSync } from 'node:fs';

export const kernelBytes = (): Uint8Array => readFileSync(new URL('../../generated/kernels.wasm', import.meta.url));
