/**
 * Creates what the sources import but git does not contain: the gradient bundle of core and the kernels of preprocess.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

export default function generate(): void {
  if (process.env.SKIP_SETUP) return; // for partial runs when the build is known to be current
  for (const script of [
    'scripts/versions.mjs',
    'packages/core/scripts/bundle-gradients.mjs',
    'packages/core/scripts/copy-guide.mjs',
    'packages/preprocess/scripts/build-kernels.mjs',
  ])
    execFileSync(process.execPath, [script], { cwd: root, stdio: 'inherit' });
}
