/** Finds and reads `facewright.config.{ts,mts,js,mjs,json,yaml,yml}`. */
import { access } from 'node:fs/promises';
import { dirname, extname, resolve } from 'node:path';
import { parse as parseJsonc, printParseErrorCode, type ParseError } from 'jsonc-parser';
import { FacewrightError, messageOf, parseRunConfig, type RunConfig, type RunConfigInput } from '@facewright/core';
import { readCheckedText } from './checked-file.js';
import { importFile } from './load-plugin.js';

const ENDINGS = ['ts', 'mts', 'js', 'mjs', 'json', 'yaml', 'yml'];

export interface LoadedConfig {
  readonly config: RunConfig;
  /** The contents of the file with the overrides, without preset and defaults. */
  readonly given: RunConfigInput;
  /** The base of the config's relative paths and plugins. */
  readonly baseDirectory: string;
  /** The file, or “the command line”, for errors. */
  readonly where: string;
}

/**
 * The validated config from `path`, or else from a `facewright.config.*` in `directory`, or else the defaults.
 * `overrides` (the command line) take precedence over the file, and the file over `preset`, key by key.
 */
export async function loadConfig({
  path,
  directory = '.',
  preset = {},
  overrides = {},
}: {
  path?: string;
  directory?: string;
  preset?: RunConfigInput;
  overrides?: RunConfigInput;
} = {}): Promise<LoadedConfig> {
  const file = path ? resolve(path) : await findConfig(directory);
  const where = file ?? 'the command line';
  const raw = file ? await readConfig(file) : {};
  const given = { ...raw, ...overrides };
  const config = parseRunConfig({ ...preset, ...given }, where);
  return { config, given, baseDirectory: file ? dirname(file) : resolve(directory), where };
}

async function findConfig(directory: string): Promise<string | undefined> {
  for (const ending of ENDINGS) {
    const path = resolve(directory, `facewright.config.${ending}`);
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return undefined;
}

/** A config is written by hand, and the YAML parser is slow on text without structure. */
const MAX_BYTES = 1 << 17;

/** JSON with comments and trailing commas, as editors write it. */
function parseJson(text: string): unknown {
  const errors: ParseError[] = [];
  const value: unknown = parseJsonc(text, errors, { allowTrailingComma: true });
  if (!errors.length) return value;
  const [{ error, offset }] = errors;
  const before = text.slice(0, offset).split('\n');
  throw new Error(`${printParseErrorCode(error)} at line ${before.length}, column ${before.at(-1)!.length + 1}`);
}

/** Reports only the first error of a wrong text, because formatting thousands takes minutes. */
async function parseYaml(text: string): Promise<unknown> {
  const { LineCounter, parseDocument } = await import('yaml');
  const lines = new LineCounter();
  const document = parseDocument(text, { prettyErrors: false, lineCounter: lines });
  const [error] = document.errors;
  if (!error) return document.toJS();
  const { line, col } = lines.linePos(error.pos[0]);
  throw new Error(`${error.message} at line ${line}, column ${col}`);
}

const TEXTS: Readonly<Record<string, (text: string) => unknown>> = {
  '.json': parseJson,
  '.yaml': parseYaml,
  '.yml': parseYaml,
};

async function readConfig(path: string): Promise<RunConfigInput> {
  let value: unknown;
  try {
    const parse = TEXTS[extname(path)];
    if (parse) value = (await parse(await readCheckedText(path, { maxBytes: MAX_BYTES }))) ?? {};
    else value = ((await importFile(path)) as { default?: unknown }).default;
  } catch (error) {
    throw new FacewrightError({
      what: `Cannot read the config file: ${messageOf(error)}`,
      where: path,
      cause: error,
    });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new FacewrightError({
      what: 'The config file does not export an object.',
      where: path,
      todo: 'Make the config the default export: export default defineConfig({ … }).',
    });
  }
  return value;
}
