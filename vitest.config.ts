// All packages' tests in one run, on the sources (the `@facewright/source` condition). `*.slow.test.ts` form a separate
// project: they start the built tool, train for long or need downloads; `npm run test:fast` and `npm run test:watch`
// leave them out. `*.browser.slow.test.ts` run in Chromium; without it they run in Node, to report that. For
// `nx test <package>` see vitest.package.ts.
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { CHROMIUM, CHROMIUM_FLAGS } from './test/support/chromium.js';
import { fast, shared } from './vitest.package.js';

const files = (end: string): string[] => [
  `packages/*/{src,test}/**/*${end}`,
  `apps/*/{src,test}/**/*${end}`,
  `test/**/*${end}`,
];
const exclude = ['**/node_modules/**', '**/dist/**'];
const IN_BROWSER = '.browser.slow.test.ts';

const inChromium = {
  resolve: { conditions: ['@facewright/source', 'browser', 'module', 'import', 'default'] },
  // optimised before the tests run, because a package found later would reload the page
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
  ...shared,
  test: {
    ...shared.test,
    projects: [
      {
        extends: true,
        test: {
          name: 'fast',
          ...fast,
          include: files('.test.ts'),
          exclude: [...exclude, '**/*.slow.test.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'slow',
          include: files('.slow.test.ts'),
          exclude: [...exclude, ...(CHROMIUM ? [`**/*${IN_BROWSER}`] : [])],
          globalSetup: ['./test/temporary.ts', './test/build.ts'],
          // several times what the longest takes on a quiet machine: only what hangs runs into it
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      ...(CHROMIUM ? [{ extends: true as const, ...inChromium }] : []),
    ],
  },
});
