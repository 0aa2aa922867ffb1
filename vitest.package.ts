// The fast tests of one package, for `nx test <package>`: each package's vitest.config.ts re-exports this. The run over all is vitest.config.ts.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Tests run on the sources of every package, not on what is built. */
export const conditions = ['@facewright/source', 'module', 'node', 'import', 'default'];

const fromRoot = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** What every run shares. The fast tests share their processes: it saves half of the time and shows what parts leave behind for each other. */
export const shared = {
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: { testTimeout: 60_000, hookTimeout: 120_000, maxWorkers: 2, pool: 'forks' as const },
};

export const fast = {
  isolate: false,
  globalSetup: [fromRoot('./test/temporary.ts'), fromRoot('./test/generate.ts')],
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
