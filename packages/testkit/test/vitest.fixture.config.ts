/** Runs only the broken parts. */
import { defineConfig } from 'vitest/config';

const conditions = ['@facewright/source', 'module', 'node', 'import', 'default'];
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: { include: ['broken/*.fixture.ts'], watch: false, testTimeout: 120_000, hookTimeout: 120_000 },
});
