/** Implements `facewright plugins`: the parts that a config can name, where they come from, and their options. */
import { FacewrightError, fromUser, parseRunConfig, PLUGIN_KINDS, type PluginKind } from '@facewright/core';
import { importPlugins, type LoadedConfig } from '@facewright/platform/node';
import { openLibrary, type PluginPackage } from '@facewright/run';
import { builtins } from '../builtins.js';
import { configOf } from '../config-of.js';
import { optionsSchema, type JsonSchema } from '../config-schema.js';
import { withSession } from '../session.js';
import type { CommonOptions } from '../options.js';

export interface PluginsOptions extends CommonOptions {
  readonly kind?: string;
}

interface PluginRow {
  readonly kind: PluginKind;
  readonly name: string;
  readonly version: string;
  /** The package or file that provides it. */
  readonly package: string;
  readonly builtIn: boolean;
  readonly description?: string;
  readonly options: JsonSchema;
}

export default (name: string | undefined, options: PluginsOptions) =>
  withSession(options, async ({ print }) => {
    const config = await configOf({ config: options.config });
    const all = await knownRows(config);
    const named = name === undefined ? all : all.filter((row) => row.name === name);
    const found = named.length || name === undefined ? named : await rowsOf(name, config);
    const rows = found.filter((row) => !options.kind || row.kind === options.kind);
    if (!rows.length)
      throw new FacewrightError({
        what: `There is no ${options.kind ?? 'part'}${name === undefined ? '' : ` "${name}"`} here.`,
        where: 'the command line',
        todo: `Known: ${all.map((row) => row.name).join(', ')}. To see those of another package or file, give its name or path.`,
      });
    for (const row of rows) print(name === undefined ? lineOf(row) : detailsOf(row));
    return { json: { plugins: rows } };
  });

async function knownRows({ given, baseDirectory, where }: LoadedConfig): Promise<PluginRow[]> {
  const library = await openLibrary(parseRunConfig({ plugins: given.plugins }, where).plugins, {
    builtins,
    baseDirectory,
    where,
  });
  const rows = library.packages.flatMap((from) => rowsIn(from, builtins.includes(from)));
  return rows.sort((a, b) => PLUGIN_KINDS.indexOf(a.kind) - PLUGIN_KINDS.indexOf(b.kind));
}

/** The parts of an installed package or a file, which a config may name without listing it; none if there is no such. */
async function rowsOf(name: string, { baseDirectory, where }: LoadedConfig): Promise<PluginRow[]> {
  return rowsIn({ name, plugins: await importPlugins(fromUser(name), { baseDirectory, where }) }, false);
}

const rowsIn = ({ name, plugins }: PluginPackage, builtIn: boolean): PluginRow[] =>
  plugins.map(({ meta, options }) => ({
    kind: meta.kind,
    name: meta.name,
    version: meta.version,
    package: name,
    builtIn,
    description: meta.description,
    options: optionsSchema(options),
  }));

const lineOf = ({ kind, name, version, package: from, description = '' }: PluginRow): string =>
  `${kind.padEnd(10)} ${name.padEnd(20)} ${version.padEnd(8)} ${from.padEnd(26)} ${description}`.trimEnd();

function detailsOf(row: PluginRow): string {
  const { properties = {}, required = [] } = row.options;
  const rows = Object.entries(properties).map(([key, schema]) => {
    const given = 'default' in schema ? `default ${JSON.stringify(schema.default)}` : '';
    const facts = [required.includes(key) ? 'required' : given, schema.description ?? ''].filter(Boolean).join('; ');
    return `  ${key.padEnd(18)} ${facts}`.trimEnd();
  });
  return [lineOf(row), ...(rows.length ? rows : ['  takes no options'])].join('\n');
}
