/** The package.json of a plugin package. Its peer dependencies are the packages its source imports. */
import { readFileSync } from 'node:fs';

const PEERS: Readonly<Record<string, string>> = { '@tensorflow/tfjs-core': '^4.22.0', zod: '^4.0.0' };
const DEPENDENCIES: Readonly<Record<string, string>> = { '@tensorflow/tfjs-backend-cpu': '4.22.0' };
/** Our packages that a bench script compares with, or runs on. */
const OURS = /'(@facewright\/[a-z-]+)['/]/g;

const imported = (source: string, names: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(names).filter(([name]) => source.includes(`'${name}'`)));

/** The text of package.json for a plugin of `kind` named `name`, whose code is `source`, and whose test and bench script are `tools`. */
export function packageJson(kind: string, name: string, source: string, tools: string): string {
  const own = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  const facewright = `^${own.version}`;
  const dependencies = imported(source, DEPENDENCIES);
  // as long as apiVersion 1 holds: a caret would refuse the next minor version of 0.x
  const core = `>=${own.version} <2`;
  const peerDependencies = { '@facewright/core': core, ...imported(source, PEERS) };
  const ours = [...new Set([...tools.matchAll(OURS)].map(([, used]) => used))].filter(
    (used) => !(used in peerDependencies),
  );
  const devDependencies = {
    '@arethetypeswrong/cli': '^0.18.0',
    ...Object.fromEntries(ours.map((used) => [used, facewright])),
    '@types/node': '^20.19.0',
    publint: '^0.3.0',
    typescript: '^6.0.0',
    vitest: '^4.0.0',
  };
  const fields = {
    name,
    version: '0.1.0',
    description: `A ${kind} for facewright`,
    keywords: ['facewright-plugin', 'facewright', kind],
    license: 'MIT',
    type: 'module',
    engines: { node: '>=20.19' },
    exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } },
    files: ['dist', 'src', '!**/*.test.*'],
    sideEffects: false,
    scripts: {
      build: 'node scripts/version.mjs && tsc -p tsconfig.build.json && node scripts/readme.mjs',
      test: 'vitest run',
      typecheck: 'tsc',
      bench: 'npm run build && node scripts/bench.mjs',
      lint: 'publint --strict && attw --pack --profile esm-only',
      prepack: 'npm run build',
    },
    publishConfig: { access: 'public' },
    ...(Object.keys(dependencies).length && { dependencies }),
    peerDependencies,
    devDependencies: Object.fromEntries(Object.entries(devDependencies).sort(([a], [b]) => (a < b ? -1 : 1))),
  };
  return `${JSON.stringify(fields, null, 2)}\n`;
}
