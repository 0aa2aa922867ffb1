// Every package's tests in one run, on the sources (the `@facewright/source` condition). `*.slow.test.ts` are a project of their own: they start
// the built tool, train for long or need what must be fetched; `npm run test:fast` and `npm run test:watch` leave them out. The fast ones share their
// processes, which saves half of the time and shows what parts leave behind for each other. `*.browser.slow.test.ts` run in Chromium; where there
// is none they run in Node, to say so.
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { CHROMIUM, CHROMIUM_FLAGS } from './test/support/chromium.js';

const conditions = ['@facewright/source', 'module', 'node', 'import', 'default'];
const files = (end: string): string[] => [
  `packages/*/{src,test}/**/*${end}`,
  `apps/*/{src,test}/**/*${end}`,
  `test/**/*${end}`,
];
const exclude = ['**/node_modules/**', '**/dist/**'];
const IN_BROWSER = '.browser.slow.test.ts';

const inChromium = {
  resolve: { conditions: ['@facewright/source', 'browser', 'module', 'import', 'default'] },
  // looked for before the tests run: a package found later would make the page load anew
  optimizeDeps: {
    entries: files(IN_BROWSER),
    include: [
      '@tensorflow/tfjs-core',
      '@tensorflow/tfjs-core/dist/register_all_gradients.js',
      '@tensorflow/tfjs-backend-webgpu',
      'long',
      'seedrandom',
    ],
  },
  test: {
    name: 'browser',
    include: files(IN_BROWSER),
    exclude,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions: { executablePath: CHROMIUM, args: [...CHROMIUM_FLAGS] } }),
      instances: [{ browser: 'chromium' as const }],
    },
  },
};

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    pool: 'forks',
    projects: [
      {
        extends: true,
        test: {
          name: 'fast',
          isolate: false,
          include: files('.test.ts'),
          exclude: [...exclude, '**/*.slow.test.ts'],
          globalSetup: ['./test/temporary.ts', './test/generate.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'slow',
          include: files('.slow.test.ts'),
          exclude: [...exclude, ...(CHROMIUM ? [`**/*${IN_BROWSER}`] : [])],
          globalSetup: ['./test/temporary.ts', './test/build.ts'],
        },
      },
      ...(CHROMIUM ? [{ extends: true as const, ...inChromium }] : []),
    ],
  },
});
