#!/usr/bin/env node
// Starts the tool. In a checkout that was not built yet it is built first, once.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const main = new URL('../dist/main.js', import.meta.url);
const root = new URL('../../../', import.meta.url);

if (!existsSync(main)) {
  const compiler = new URL('node_modules/typescript/bin/tsc', root);
  if (!existsSync(compiler)) {
    process.stderr.write(
      'error: facewright is not built, and the compiler is not installed.\n  to do: npm ci && npm run build\n',
    );
    process.exit(1);
  }
  process.stderr.write('Building facewright, once …\n');
  for (const args of [
    ['packages/core/scripts/bundle-gradients.mjs'],
    ['packages/preprocess/scripts/build-kernels.mjs'],
    [fileURLToPath(compiler), '-b', 'apps/cli'],
  ]) {
    const { status } = spawnSync(process.execPath, args, { cwd: fileURLToPath(root), stdio: ['ignore', 2, 2] });
    if (status !== 0) {
      process.stderr.write('error: the build failed.\n  to do: npm run build\n');
      process.exit(1);
    }
  }
}

await import(main.href);
