// Every package's tests in one run, on the sources (the `@facewright/source` condition). `*.slow.test.ts` are a project of their own: they start
// the built tool, train for long or need what must be fetched; `npm run test:fast` and `npm run test:watch` leave them out. The fast ones share their
// processes, which saves half of the time and shows what parts leave behind for each other.
import { defineConfig } from 'vitest/config';

const conditions = ['@facewright/source', 'module', 'node', 'import', 'default'];
const files = (end: string): string[] => [`packages/*/{src,test}/**/*${end}`, `apps/*/{src,test}/**/*${end}`, `test/**/*${end}`];
const exclude = ['**/node_modules/**', '**/dist/**'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    pool: 'forks',
    projects: [
      { extends: true, test: { name: 'fast', isolate: false, include: files('.test.ts'), exclude: [...exclude, '**/*.slow.test.ts'], globalSetup: ['./test/generate.ts'] } },
      { extends: true, test: { name: 'slow', include: files('.slow.test.ts'), exclude, globalSetup: ['./test/build.ts'] } },
    ],
  },
});
