/** The benches' Python, for tests that are skipped if it is not available. */
import { messageOf } from '@facewright/core';
import { pythonWith } from '../../bench/support/python.mjs';

/** The interpreter, or why there is none (no Python, no network). */
export function findPython(
  name: string,
  packages: readonly string[],
): { readonly python?: string; readonly missing?: string } {
  try {
    return { python: pythonWith(name, packages, { flags: ['--timeout', '10', '--retries', '1'] }) };
  } catch (error) {
    return { missing: `pip gives no ${packages.join(', ')}: ${messageOf(error).trim().split('\n').at(-1)}` };
  }
}
