// Compiles the AssemblyScript kernels into generated/kernels.wasm (see src/kernels/module.ts).
import asc from 'assemblyscript/asc';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { error, stderr } = await asc.main([
  'kernels/index.ts', '--baseDir', root, '--outFile', 'generated/kernels.wasm',
  '-O3', '--converge', '--noAssert', '--enable', 'simd', '--runtime', 'stub', '--use', 'abort=', '--initialMemory', '16',
]);
if (error) {
  process.stderr.write(stderr.toString());
  throw error;
}
