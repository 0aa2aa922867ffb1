/** Implements `facewright plugins`: the parts that a config can name, where they come from, and their options. */
import { FacewrightError, parseRunConfig, PLUGIN_KINDS, type PluginKind } from '@facewright/core';
import { openLibrary } from '@facewright/run';
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
    const all = await pluginRows(options);
    const rows = all.filter(
      (row) => (!options.kind || row.kind === options.kind) && (name === undefined || row.name === name),
    );
    if (!rows.length)
      throw new FacewrightError({
        what: `There is no ${options.kind ?? 'part'}${name === undefined ? '' : ` "${name}"`} here.`,
        where: 'the command line',
        todo: `Known: ${all.map((row) => row.name).join(', ')}. To see those of other packages, list them under "plugins" in a config and pass it with --config.`,
      });
    for (const row of rows) print(name === undefined ? lineOf(row) : detailsOf(row));
    return { json: { plugins: rows } };
  });

async function pluginRows(options: PluginsOptions): Promise<PluginRow[]> {
  const { given, baseDirectory, where } = await configOf({ config: options.config });
  const library = await openLibrary(parseRunConfig({ plugins: given.plugins }, where).plugins, {
    builtins,
    baseDirectory,
    where,
  });
  const rows = library.packages.flatMap((from) =>
    from.plugins.map(({ meta, options: schema }): PluginRow => ({
      kind: meta.kind,
      name: meta.name,
      version: meta.version,
      package: from.name,
      builtIn: builtins.includes(from),
      description: meta.description,
      options: optionsSchema(schema),
    })),
  );
  return rows.sort((a, b) => PLUGIN_KINDS.indexOf(a.kind) - PLUGIN_KINDS.indexOf(b.kind));
}

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
