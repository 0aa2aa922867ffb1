/** Real data for tests, kept beside the checkout and never in it: a test that needs it is skipped, with the reason in its name, where it is missing. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../shared/data/', import.meta.url));

/** The path of a file or folder of `../shared/data`, or `undefined` where it is not there: `test.skipIf(!path)`. */
export function sharedData(path: string): string | undefined {
  return existsSync(root + path) ? root + path : undefined;
}
