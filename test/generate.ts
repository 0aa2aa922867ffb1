/**
 * Creates what the sources import but git does not contain: the gradient bundle of core and the kernels of preprocess.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

const SCRIPTS = [
  'scripts/versions.mjs',
  'packages/core/scripts/bundle-gradients.mjs',
  'packages/core/scripts/copy-guide.mjs',
  'packages/preprocess/scripts/build-kernels.mjs',
];

export default async function generate(): Promise<void> {
  if (process.env.SKIP_SETUP) return; // for partial runs when the build is known to be current
  await Promise.all(SCRIPTS.map(run));
}

async function run(script: string): Promise<void> {
  const [code] = (await once(spawn(process.execPath, [script], { cwd: root, stdio: 'inherit' }), 'exit')) as [number];
  if (code !== 0) throw new Error(`${script} has failed.`);
}
