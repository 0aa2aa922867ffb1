// Every package's tests in one run. Tests run on the sources (the `@facewright/source` condition); the global set-up builds what end-to-end
// tests start as a user would. `*.slow.test.ts` are left out of `npm run test:fast`.
import { defineConfig } from 'vitest/config';

const conditions = ['@facewright/source', 'module', 'node', 'import', 'default'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['packages/*/{src,test}/**/*.test.ts', 'apps/*/{src,test}/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    globalSetup: ['./test/global-setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    pool: 'forks',
  },
});
