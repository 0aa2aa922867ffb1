/** Every key of a config with its type, default and meaning, from the schema: for `facewright config --explain` and docs/config.md. */
import { FacewrightError, runConfigJsonSchema } from '@facewright/core';
import { closest, distance } from 'fastest-levenshtein';
import type { JsonSchema } from './config-schema.js';

export interface ConfigKey {
  /** With dots, without the places in lists: `stages.until.plateau.window`. */
  readonly path: string;
  readonly type: string;
  readonly default?: unknown;
  readonly description: string;
}

interface Schema extends JsonSchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly exclusiveMaximum?: number;
}

/** In the order of the schema; a key comes before the keys inside it. */
export const configKeys = (): ConfigKey[] => keysOf(runConfigJsonSchema() as Schema, '');

function keysOf(schema: Schema, parent: string): ConfigKey[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, child]) => {
    const path = parent ? `${parent}.${name}` : name;
    const { description = '' } = child;
    const own: ConfigKey = {
      path,
      type: typeText(child),
      description,
      ...('default' in child && { default: child.default }),
    };
    return [own, ...keysInside(child, path)];
  });
}

function keysInside(schema: Schema, path: string): ConfigKey[] {
  if (schema.items) return keysInside(schema.items as Schema, path);
  if (isPart(schema)) return [];
  if (!schema.oneOf) return keysOf(schema, path);
  const keys = schema.oneOf.flatMap((form) => keysOf(form, path).filter((key) => key.path !== `${path}.name`));
  return keys.filter((key, index) => keys.findIndex((other) => other.path === key.path) === index);
}

const isPart = ({ anyOf }: Schema): boolean => !!anyOf?.some(({ properties }) => properties && 'name' in properties);

/** What a value may be, for people. */
export function typeText(schema: JsonSchema): string {
  const { type, enum: values, items, oneOf, anyOf } = schema as Schema;
  if (isPart(schema as Schema)) return 'part';
  if (values) return values.map((value) => JSON.stringify(value)).join(' | ');
  if (oneOf) return oneOf.map(({ properties }) => JSON.stringify((properties!.name as Schema).const)).join(' | ');
  if (anyOf) return anyOf.map(typeText).join(' | ');
  if (type === 'array') return `list of ${items ? plural(typeText(items)) : 'values'}`;
  if (type === 'integer' || type === 'number') return numberText(schema as Schema);
  return type ?? 'any value';
}

const plural = (type: string): string => type.replace(/^(part|object|string|integer|number|list)\b/, '$1s');

function numberText({ type, minimum, exclusiveMinimum, maximum, exclusiveMaximum }: Schema): string {
  const bounds = [
    minimum !== undefined && minimum !== Number.MIN_SAFE_INTEGER && `from ${minimum}`,
    exclusiveMinimum !== undefined && `above ${exclusiveMinimum}`,
    exclusiveMaximum === Math.PI && 'below π',
    maximum !== undefined && maximum !== Number.MAX_SAFE_INTEGER && `to ${maximum}`,
    exclusiveMaximum !== undefined && exclusiveMaximum !== Math.PI && `below ${exclusiveMaximum}`,
  ].filter(Boolean);
  return [type, ...bounds].join(' ');
}

/** The key with those inside it, or all. Places in lists may be given and do not count: `stages[0].rate`, `stages.0.rate`. */
export function explainedKeys(asked: string | undefined): ConfigKey[] {
  const keys = configKeys();
  if (asked === undefined) return keys;
  const path = asked.replace(/\[\w*\]|\.\d+(?=\.|$)/g, '');
  const found = keys.filter((key) => key.path === path || key.path.startsWith(`${path}.`));
  if (found.length) return found;
  const names = keys.map((key) => key.path);
  const endingSo = names.filter((name) => name.endsWith(`.${path}`));
  throw new FacewrightError({
    what: `There is no config key "${asked}".`,
    where: 'the command line',
    todo: endingSo.length
      ? `Did you mean ${endingSo.map((name) => `"${name}"`).join(' or ')}?`
      : `${likely(path, names)}"facewright config --explain" lists all keys.`,
  });
}

/** A question about the key that looks most like the word, in whole or in its last part; empty if none does. */
function likely(word: string, names: readonly string[]): string {
  const best = closest(
    word,
    names.flatMap((name) => [name, name.slice(name.lastIndexOf('.') + 1)]),
  );
  if (distance(word, best) > Math.max(1, word.length / 3)) return '';
  const meant = names.filter((name) => name === best || name.endsWith(`.${best}`));
  return `Did you mean ${meant.map((name) => `"${name}"`).join(' or ')}? `;
}

const INDENT = '    ';

/** At most `columns` wide, unless a single word is longer. */
export function explanation(keys: readonly ConfigKey[], columns = 80): string {
  return keys
    .map((key) => {
      const preset = key.default === undefined ? '' : `, default ${JSON.stringify(key.default)}`;
      const lines = [`${key.type}${preset}`, key.description];
      return [key.path, ...lines.flatMap((line) => wrapped(line, columns - INDENT.length).map((l) => INDENT + l))].join(
        '\n',
      );
    })
    .join('\n\n');
}

function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+|(?<=,)(?=[{"[])/).filter(Boolean)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= columns) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** A default that is longer than this gets a block of its own on the page. */
const LONG = 60;

/** docs/config.md. */
export function configPage(): string {
  const keys = configKeys();
  const sections = [...new Set(keys.filter(({ path }) => path.includes('.')).map(({ path }) => path.split('.')[0]))];
  const top = keys.filter(({ path }) => !path.includes('.'));
  return `# Config

<!-- made from the schema: UPDATE=1 npx vitest run --project fast apps/cli/src/config-keys.test.ts -->

Every key of \`facewright.config.ts\`, \`.js\`, \`.json\` or \`.yaml\`. All are optional. \`facewright config --explain\` prints the same in the terminal,
\`facewright config --explain stages.until\` a part of it, and \`facewright config\` checks the config of the working directory and prints it with all
defaults.

A **part** is a name such as \`"arcface"\`, or an object with the name and options: \`{ "name": "arcface", "m": 0.4 }\`. A name is a built-in part, a
package, or a file that starts with \`./\`. \`facewright plugins\` lists the built-in ones.

${tableOf(top, sections)}
${sections.map((section) => sectionOf(section, keys)).join('\n')}`;
}

function sectionOf(section: string, keys: readonly ConfigKey[]): string {
  const { default: preset, description } = keys.find(({ path }) => path === section)!;
  const inside = keys.filter(({ path }) => path.startsWith(`${section}.`));
  const block = isLong(preset) ? `\nDefault:\n\n\`\`\`json\n${JSON.stringify(preset, null, 2)}\n\`\`\`\n` : '';
  return `## ${section}\n\n${description[0].toUpperCase()}${description.slice(1)}.\n${block}\n${tableOf(inside, [])}`;
}

const isLong = (preset: unknown): boolean => JSON.stringify(preset ?? '').length > LONG;

function tableOf(keys: readonly ConfigKey[], sections: readonly string[]): string {
  const rows = keys.map(({ path, type, default: preset, description }) => {
    const isSection = sections.includes(path);
    const name = isSection ? `[\`${path}\`](#${path.toLowerCase()})` : `\`${path}\``;
    const value = preset === undefined || isSection ? '' : `\`${JSON.stringify(preset)}\``;
    return `| ${[name, type, value, description].map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return ['| key | type | default | meaning |', '| --- | --- | --- | --- |', ...rows, ''].join('\n');
}
