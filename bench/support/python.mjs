// Provides a Python with given packages, for benches and tests that compare with it: a virtual environment under
// node_modules/.cache, created on first use.
import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const cache = fileURLToPath(new URL('../../node_modules/.cache/', import.meta.url));

/**
 * The interpreter with `packages` (in pip's notation). `name` names the environment; `venv` is an alternative location,
 * `flags` are passed to pip. If installation fails, throws pip's message and leaves nothing behind.
 */
export function pythonWith(name, packages, { venv = `${cache}${name}`, flags = [] } = {}) {
  const python = `${venv}/bin/python`;
  if (existsSync(python)) return python;
  const isNew = !existsSync(venv);
  console.error(`installing ${packages.join(', ')} once …`);
  try {
    execFileSync('python3', ['-m', 'venv', venv], { stdio: ['ignore', 2, 'pipe'] });
    execFileSync(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...flags, ...packages], {
      stdio: ['ignore', 2, 'pipe'],
    });
  } catch (error) {
    if (isNew) rmSync(venv, { recursive: true, force: true });
    throw error;
  }
  return python;
}

/** The one used for training comparisons. */
export const pythonWithTorch = (venv) => pythonWith('train-vs-pytorch', ['torch==2.13.0', 'numpy'], { venv });

/** Environment variables that make PyTorch faster if jemalloc is installed. */
export function jemalloc() {
  const library = [
    '/usr/lib/x86_64-linux-gnu/libjemalloc.so.2',
    '/usr/lib/aarch64-linux-gnu/libjemalloc.so.2',
    '/usr/lib64/libjemalloc.so.2',
  ].find(existsSync);
  return library ? { LD_PRELOAD: library } : {};
}
