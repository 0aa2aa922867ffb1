// The fast tests of one package, for mutate.mjs.
import { defineConfig } from 'vitest/config';
import type { Reporter, Vitest } from 'vitest/node';

const conditions = ['@facewright/source', 'module', 'node', 'import', 'default'];
const name = process.env.MUTATED_PACKAGE;

/** Stryker asks for failed tests, and a file that cannot even be loaded has none: its error counts for the whole run. */
class LoadErrors implements Reporter {
  private vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.vitest = vitest;
  }

  onTestModuleEnd(module: Parameters<NonNullable<Reporter['onTestModuleEnd']>>[0]): void {
    for (const error of module.errors()) this.vitest!.state.errorsSet.add(error);
  }
}

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: [`packages/${name}/{src,test}/**/*${process.env.MUTATION_TESTS ?? ''}*.test.ts`],
    exclude: ['**/node_modules/**', '**/dist/**', '**/*.slow.test.ts'],
    globalSetup: ['./test/temporary-in-memory.ts'],
    testTimeout: 600_000, // instrumented code that processes pixels is many times slower
    reporters: [new LoadErrors()],
  },
});
