// Compiles the AssemblyScript kernels to generated/kernels.wasm (see src/kernels/module.ts), and to text for browsers.
// Compiling takes seconds, and every build and test run begins with it, so it is left out if nothing has changed since.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [compiled, text] = [`${root}/generated/kernels.wasm`, `${root}/generated/kernels.js`];
// written last, with the digest of what all of them were made from
const mark = `// made from ${digestOfSources()}\n`;
if (!existsSync(compiled) || !existsSync(text) || !readFileSync(text, 'utf8').startsWith(mark)) await compile();

function digestOfSources() {
  const { version } = createRequire(import.meta.url)('assemblyscript/package.json');
  const hash = createHash('sha256')
    .update(version)
    .update(readFileSync(new URL(import.meta.url)));
  for (const name of readdirSync(`${root}/kernels`).sort())
    hash.update(`\0${name}\0`).update(readFileSync(`${root}/kernels/${name}`));
  return hash.digest('hex');
}

async function compile() {
  const { default: asc } = await import('assemblyscript/asc');
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
  writeFileSync(`${root}/generated/kernels.d.ts`, 'export declare const KERNELS: string;\n');
  writeFileSync(text, `${mark}export const KERNELS = '${readFileSync(compiled).toString('base64')}';\n`);
}
