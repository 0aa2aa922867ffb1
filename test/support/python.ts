/** A Python with packages of PyPI, in a virtual environment that is made at the first use. */
import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { messageOf } from '@facewright/core';

const cache = fileURLToPath(new URL('../../node_modules/.cache/', import.meta.url));

/** The interpreter, or why there is none (no Python, no network), for tests to be skipped with. */
export function pythonWith(name: string, packages: readonly string[]): { readonly python?: string; readonly missing?: string } {
  const directory = `${cache}${name}`;
  const python = `${directory}/bin/python`;
  if (existsSync(python)) return { python };
  try {
    execFileSync('python3', ['-m', 'venv', directory], { stdio: 'pipe' });
    execFileSync(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--timeout', '10', '--retries', '1', ...packages], { stdio: 'pipe' });
    return { python };
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    return { missing: `pip gives no ${packages.join(', ')}: ${messageOf(error).trim().split('\n').at(-1)}` };
  }
}
