/** Creates the files of a plugin package from the templates. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { packageJson } from './package-json.js';

export const KINDS = [
  'reader',
  'detector',
  'aligner',
  'augmenter',
  'model',
  'loss',
  'optimiser',
  'criterion',
  'backend',
  'logger',
  'cluster',
] as const;
export type Kind = (typeof KINDS)[number];

/** A mistake on the command line: only the message is shown. */
export class ScaffoldError extends Error {}

const PACKAGE = /^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9]+(-[a-z0-9]+)*$/;

const inStage = (line: string): string => `stages:\n  - ${line}`;

/** How a config refers to a part of each kind. */
const IN_CONFIG: Readonly<Record<Kind, (name: string) => string>> = {
  reader: (name) => `reader: { name: ${name}, path: list.txt }`,
  detector: (name) => `detector: ${name}`,
  aligner: (name) => `aligner: ${name}`,
  augmenter: (name) => `tiers:\n  - { name: all, above: 0, augment: [${name}] }`,
  model: (name) => `model: ${name}`,
  loss: (name) => inStage(`{ loss: ${name}, until: { epochs: 20 } }`),
  optimiser: (name) => inStage(`{ loss: softmax, optimiser: ${name}, until: { epochs: 20 } }`),
  criterion: (name) => inStage(`{ loss: softmax, until: { any: [${name}] } }`),
  backend: (name) => `backend: ${name}`,
  logger: (name) => `loggers: [${name}]`,
  cluster: (name) => `cluster: ${name}`,
};

/**
 * Creates the directory of a plugin package in `parent`, named like the package without its scope, and returns its
 * path. It appears completely or not at all. Throws a `ScaffoldError` for an invalid kind or name, and for a directory
 * that already exists.
 */
export function scaffold(kind: Kind, name: string, parent: string): string {
  const files = filesOf(kind, name);
  const directory = resolve(parent, basename(name));
  if (existsSync(directory)) throw new ScaffoldError(`${directory} already exists. Choose another name, or delete it.`);
  const making = join(parent, `.${basename(name)}-${process.pid}`);
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(making, path)), { recursive: true });
      writeFileSync(join(making, path), text);
    }
    renameSync(making, directory);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  return directory;
}

/** The text of every file of a plugin package, by its path. Throws a `ScaffoldError` for an invalid kind or name. */
export function filesOf(kind: Kind, name: string): Record<string, string> {
  if (!KINDS.includes(kind))
    throw new ScaffoldError(`"${kind}" is not a kind of plugin. Use one of ${KINDS.join(', ')}.`);
  if (!PACKAGE.test(name))
    throw new ScaffoldError(
      `"${name}" is not a valid name. Use lower case letters, digits and single hyphens, e.g. my-${kind} or @me/my-${kind}.`,
    );
  const plugin = basename(name);
  const filled = (text: string): string =>
    text
      .replaceAll('{{package}}', name)
      .replaceAll('{{kind}}', kind)
      .replaceAll('{{config}}', IN_CONFIG[kind](`'${name}'`))
      .replaceAll('myPlugin', identifierOf(plugin))
      .replaceAll('my-plugin', plugin)
      .replaceAll(`'./${kind}.js'`, "'./index.js'");
  const from = (path: string): string => filled(template(path));
  const source = template(`plugins/${kind}.ts`);
  const suite = from(`plugins/${kind}.suite.ts`);
  const bench = from(`plugins/${kind}.bench.mjs`);
  return {
    'src/index.ts': filled(`${source.trimEnd()}\n\n${declarations(kind, name)}`),
    'src/index.test.ts': suite,
    'src/version.ts': from('plugins/version.ts'),
    'README.md': from('package/README.md'),
    'tsconfig.json': from('package/tsconfig.json'),
    'tsconfig.build.json': from('package/tsconfig.build.json'),
    'scripts/version.mjs': from('package/scripts/version.mjs'),
    'scripts/readme.mjs': from('package/scripts/readme.mjs'),
    'scripts/bench.mjs': bench,
    '.gitignore': from('package/gitignore'), // npm leaves a .gitignore out of a package
    '.github/workflows/release.yml': from('package/workflows/release.yml'),
    'package.json': packageJson(kind, name, source, suite + bench),
    LICENSE: readFileSync(new URL('../LICENSE', import.meta.url), 'utf8'),
  };
}

const template = (path: string): string => readFileSync(new URL(`../templates/${path}`, import.meta.url), 'utf8');

/**
 * Declares the plugin to `defineConfig`, under the package's name and its own. The templates do not: in one program, all
 * would have the same name.
 */
function declarations(kind: Kind, name: string): string {
  const names = [...new Set([name, basename(name)])].map((key) => `    '${key}': typeof myPlugin;`);
  return [
    '// The name and the options are completed and checked in the configs of those who import this package.',
    `declare module '@facewright/core' {`,
    `  interface ${kind[0].toUpperCase()}${kind.slice(1)}Plugins {`,
    ...names,
    '  }',
    '}',
    '',
  ].join('\n');
}

/** `my-loss` → `myLoss`; a name that starts with a digit gets an underscore. */
function identifierOf(name: string): string {
  const camel = name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  return /^\d/.test(camel) ? `_${camel}` : camel;
}
