// The fast tests of one package, for mutate.mjs.
import { defineConfig } from 'vitest/config';

const conditions = ['@facewright/source', 'module', 'node', 'import', 'default'];
const name = process.env.MUTATED_PACKAGE;

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: [`packages/${name}/{src,test}/**/*.test.ts`],
    exclude: ['**/node_modules/**', '**/dist/**', '**/*.slow.test.ts'],
    globalSetup: ['./test/temporary.ts'],
    testTimeout: 60_000,
  },
});
