/**
 * Real data for tests, stored next to the checkout and never in it: without the data a test is skipped, with the reason
 * in its name.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../shared/data/', import.meta.url));

/** The path of a file or folder in `../shared/data`, or `undefined` if it does not exist: `test.skipIf(!path)`. */
export function sharedData(path: string): string | undefined {
  return existsSync(root + path) ? root + path : undefined;
}
