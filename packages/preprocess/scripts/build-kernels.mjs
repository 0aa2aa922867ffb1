// Compiles the AssemblyScript kernels to generated/kernels.wasm (see src/kernels/module.ts), and to text for browsers.
import asc from 'assemblyscript/asc';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { error, stderr } = await asc.main([
  'kernels/index.ts',
  '--baseDir',
  root,
  '--outFile',
  'generated/kernels.wasm',
  '-O3',
  '--converge',
  '--noAssert',
  '--enable',
  'simd',
  '--runtime',
  'stub',
  '--use',
  'abort=',
  '--initialMemory',
  '16',
]);
if (error) {
  process.stderr.write(stderr.toString());
  throw error;
}
const base64 = (await readFile(`${root}/generated/kernels.wasm`)).toString('base64');
await writeFile(`${root}/generated/kernels.js`, `export const KERNELS = '${base64}';\n`);
await writeFile(`${root}/generated/kernels.d.ts`, 'export declare const KERNELS: string;\n');
