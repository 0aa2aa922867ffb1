/** Builds the workspace before the tests: the gradient bundle that core imports, the kernels, and the compiled packages that end-to-end tests start. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export default function setup(): void {
  if (process.env.SKIP_SETUP) return; // for narrow runs while the build is known to be current
  const root = fileURLToPath(new URL('..', import.meta.url));
  for (const script of ['packages/core/scripts/bundle-gradients.mjs', 'packages/preprocess/scripts/build-kernels.mjs']) execFileSync(process.execPath, [script], { cwd: root, stdio: 'inherit' });
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-b'], { cwd: root, stdio: 'inherit' });
}
