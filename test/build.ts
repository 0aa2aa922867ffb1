/** Builds the packages that end-to-end tests run as a user would. */
import { execFileSync } from 'node:child_process';
import generate, { root } from './generate.js';

export default async function build(): Promise<void> {
  if (process.env.SKIP_SETUP) return;
  await generate();
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-b'], { cwd: root, stdio: 'inherit' });
}
