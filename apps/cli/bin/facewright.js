#!/usr/bin/env node
// Starts the tool. A checkout that has not been built yet is built first, once.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
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

const fileLimit = openFileLimit();
try {
  await import(main.href);
} catch (error) {
  // with so few file handles Node may also report that it cannot find a package
  if (error?.code !== 'EMFILE' && !(fileLimit < 256)) throw error;
  process.stderr.write(
    `error: This process may not open enough files at a time${fileLimit ? ` (${fileLimit})` : ''}.\n  to do: Raise the limit and start again: ulimit -n 1024\n`,
  );
  process.exit(1);
}

/** `NaN` if the system does not report it. */
function openFileLimit() {
  try {
    return Number(/^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]);
  } catch {
    return NaN;
  }
}
