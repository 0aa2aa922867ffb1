// A Python with some packages, for the benches that stand beside one: a virtual environment under node_modules/.cache, made at the first use.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const cache = fileURLToPath(new URL('../../node_modules/.cache/', import.meta.url));

/** The interpreter that has `packages` (as pip takes them). `name` names the environment; `venv` is another place for it. */
export function pythonWith(name, packages, venv = `${cache}${name}`) {
  const python = `${venv}/bin/python`;
  if (existsSync(python)) return python;
  mkdirSync(venv, { recursive: true });
  console.error(`installing ${packages.join(', ')} once …`);
  execFileSync('python3', ['-m', 'venv', venv], { stdio: 'inherit' });
  execFileSync(python, ['-m', 'pip', 'install', '--quiet', ...packages], { stdio: ['ignore', 2, 2] });
  return python;
}

/** The one that trains beside us. */
export const pythonWithTorch = (venv) => pythonWith('train-vs-pytorch', ['torch==2.13.0', 'numpy'], venv);

/** Environment variables that make PyTorch faster where jemalloc is installed. */
export function jemalloc() {
  const library = ['/usr/lib/x86_64-linux-gnu/libjemalloc.so.2', '/usr/lib/aarch64-linux-gnu/libjemalloc.so.2', '/usr/lib64/libjemalloc.so.2'].find(existsSync);
  return library ? { LD_PRELOAD: library } : {};
}
