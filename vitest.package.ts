// The fast tests of one package, for `nx test <package>`: each package's vitest.config.ts re-exports this.
// vitest.config.ts runs all of them.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Tests run on the sources of every package, not on the build output. */
export const conditions = ['@facewright/source', 'module', 'node', 'import', 'default'];

const fromRoot = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/**
 * Shared by all runs. The fast tests share processes, which halves their time and reveals what parts leave behind for
 * each other.
 */
export const shared = {
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: { testTimeout: 60_000, hookTimeout: 120_000, maxWorkers: 2, pool: 'forks' as const },
};

export const fast = {
  isolate: false,
  globalSetup: [fromRoot('./test/temporary-in-memory.ts'), fromRoot('./test/generate.ts')],
};

export default defineConfig({
  ...shared,
  test: {
    ...shared.test,
    ...fast,
    passWithNoTests: true,
    include: ['{src,test}/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**', '**/*.slow.test.ts'],
  },
});
