/** Finds and reads `facewright.config.{ts,mts,js,mjs,json,yaml,yml}`. */
import { access } from 'node:fs/promises';
import { dirname, extname, resolve } from 'node:path';
import { parse as parseJsonc, printParseErrorCode, type ParseError } from 'jsonc-parser';
import { LineCounter, parseDocument } from 'yaml';
import { FacewrightError, messageOf, parseRunConfig, type RunConfig, type RunConfigInput } from '@facewright/core';
import { readCheckedText } from './checked-file.js';
import { importFile } from './load-plugin.js';

const ENDINGS = ['ts', 'mts', 'js', 'mjs', 'json', 'yaml', 'yml'];

export interface LoadedConfig {
  readonly config: RunConfig;
  /** What the file and the overrides say, without preset and defaults. */
  readonly given: RunConfigInput;
  /** What the config's relative paths and plugins are relative to. */
  readonly baseDirectory: string;
  /** The file, or “the command line”: for errors. */
  readonly where: string;
}

/**
 * The checked config: `path`, else a `facewright.config.*` in `directory`, else the defaults; `preset` lies under it and `overrides` (the
 * command line) over it, key by key.
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

/** A config is written by hand; from a text without form the YAML parser takes long. */
const MAX_BYTES = 1 << 17;

/** JSON with comments and commas at the end of lists, as editors write it. */
function parseJson(text: string): unknown {
  const errors: ParseError[] = [];
  const value: unknown = parseJsonc(text, errors, { allowTrailingComma: true });
  if (!errors.length) return value;
  const [{ error, offset }] = errors;
  const before = text.slice(0, offset).split('\n');
  throw new Error(`${printParseErrorCode(error)} at line ${before.length}, column ${before.at(-1)!.length + 1}`);
}

/** Of a wrong text only the first error is told: to show each of thousands takes minutes. */
function parseYaml(text: string): unknown {
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
    if (parse) value = parse(await readCheckedText(path, { maxBytes: MAX_BYTES })) ?? {};
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
