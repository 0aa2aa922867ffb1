// Bundles tfjs-core's gradient registrations into one CommonJS file that Node can load (see src/gradients.ts).
import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
await build({
  stdin: { contents: "import '@tensorflow/tfjs-core/dist/register_all_gradients';", resolveDir: root },
  outfile: `${root}/generated/register-gradients.cjs`,
  bundle: true,
  format: 'cjs',
  platform: 'node',
  mainFields: ['module', 'main'],
  legalComments: 'eof',
  logLevel: 'warning',
});
