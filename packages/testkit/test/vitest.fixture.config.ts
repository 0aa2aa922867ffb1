/** Runs only the broken parts. */
import { defineConfig } from 'vitest/config';

const conditions = ['@facewright/source', 'module', 'node', 'import', 'default'];
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: { include: ['**/broken-parts.fixture.ts'], watch: false },
});
