/** Creates the files of a plugin package from the templates. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
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
] as const;
export type Kind = (typeof KINDS)[number];

/** A mistake on the command line: only the message is shown. */
export class ScaffoldError extends Error {}

const TEMPLATES = fileURLToPath(new URL('../templates/', import.meta.url));
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
};

/**
 * Creates the directory of a plugin package in `parent`, named like the package without its scope, and returns its
 * path. It appears completely or not at all. Throws a `ScaffoldError` for an invalid kind or name, and for a directory
 * that already exists.
 */
export function scaffold(kind: Kind, name: string, parent: string): string {
  if (!KINDS.includes(kind))
    throw new ScaffoldError(`"${kind}" is not a kind of plugin. Use one of ${KINDS.join(', ')}.`);
  if (!PACKAGE.test(name))
    throw new ScaffoldError(
      `"${name}" is not a valid name. Use lower case letters, digits and single hyphens, e.g. my-${kind} or @me/my-${kind}.`,
    );
  const directory = resolve(parent, basename(name));
  if (existsSync(directory)) throw new ScaffoldError(`${directory} already exists. Choose another name, or delete it.`);
  const making = join(parent, `.${basename(name)}-${process.pid}`);
  try {
    write(making, kind, name);
    renameSync(making, directory);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  return directory;
}

function write(directory: string, kind: Kind, name: string): void {
  const plugin = basename(name);
  const identifier = identifierOf(plugin);
  const filled = (text: string): string =>
    text
      .replaceAll('{{package}}', name)
      .replaceAll('{{kind}}', kind)
      .replaceAll('{{config}}', IN_CONFIG[kind](`'${name}'`))
      .replaceAll('myPlugin', identifier)
      .replaceAll('my-plugin', plugin)
      .replaceAll(`'./${kind}.js'`, "'./index.js'");
  const put = (from: string, to: string): void => {
    mkdirSync(dirname(join(directory, to)), { recursive: true });
    writeFileSync(join(directory, to), filled(readFileSync(`${TEMPLATES}${from}`, 'utf8')));
  };
  put(`plugins/${kind}.ts`, 'src/index.ts');
  put(`plugins/${kind}.suite.ts`, 'src/index.test.ts');
  put('plugins/version.ts', 'src/version.ts');
  put('package/README.md', 'README.md');
  put('package/gitignore', '.gitignore'); // npm leaves .gitignore files out of a package
  put('package/workflows/release.yml', '.github/workflows/release.yml');
  for (const file of ['tsconfig.json', 'tsconfig.build.json']) put(`package/${file}`, file);
  for (const file of readdirSync(`${TEMPLATES}package/scripts`)) put(`package/scripts/${file}`, `scripts/${file}`);
  const source = readFileSync(`${TEMPLATES}plugins/${kind}.ts`, 'utf8');
  writeFileSync(join(directory, 'package.json'), packageJson(kind, name, source));
  cpSync(fileURLToPath(new URL('../LICENSE', import.meta.url)), join(directory, 'LICENSE'));
}

/** `my-loss` → `myLoss`; a name that starts with a digit gets an underscore. */
function identifierOf(name: string): string {
  const camel = name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  return /^\d/.test(camel) ? `_${camel}` : camel;
}
