/**
 * Loads plugins by the names users give: a built-in, one from a listed package, a package, or a local file relative to
 * the config. Names from data never get here, because their type does not fit: see `findPlugin` in core.
 */
import { closest } from 'fastest-levenshtein';
import { stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  FacewrightError,
  isPlugin,
  messageOf,
  requireApiVersion,
  type ConfiguredPlugin,
  type PluginFactory,
  type PluginKind,
  type PluginReference,
  type UserSpecifier,
} from '@facewright/core';

export interface PluginSource {
  /** Plugins known by name: built in, or from the config's `plugins`. */
  readonly known: readonly PluginFactory[];
  /** Local files and packages are resolved from here. */
  readonly baseDirectory: string;
  /** The config file or argument that names the plugin, for errors. */
  readonly where: string;
}

/**
 * The configured plugin for a config entry. Throws a `FacewrightError` for an unknown name, a wrong kind or wrong
 * options.
 */
export async function loadPlugin<K extends PluginKind>(
  kind: K,
  reference: PluginReference,
  source: PluginSource,
): Promise<ConfiguredPlugin<K>> {
  const { name, ...options } = typeof reference === 'object' ? reference : { name: reference };
  const plugin =
    source.known.find((candidate) => isPlugin(candidate, kind) && candidate.meta.name === name) ??
    (await importOne(kind, name, source));
  requireApiVersion(plugin, source.where);
  const factory = plugin as unknown as PluginFactory<K>;
  return { factory, ...factory(options, `${kind} "${name}" in ${source.where}`) };
}

/** Every plugin exported by a package or file; empty if there is no such package or file. */
export async function importPlugins(
  name: UserSpecifier,
  { baseDirectory, where }: Omit<PluginSource, 'known'>,
): Promise<PluginFactory[]> {
  const path = await locate(name, resolve(baseDirectory));
  if (!path) return [];
  try {
    const module = (await importFile(path)) as Record<string, unknown>;
    // a plugin is often exported both by name and as the default
    return [...new Set(Object.values(module).flat())].filter((value): value is PluginFactory => isPlugin(value));
  } catch (error) {
    throw new FacewrightError({
      what: `The plugin file "${path}" failed to load: ${messageOf(error)}`,
      where,
      cause: error,
    });
  }
}

const isPath = (name: string): boolean => name.startsWith('.') || isAbsolute(name);

/** A file relative to the base directory, or else a package installed there or next to this one. */
async function locate(name: string, baseDirectory: string): Promise<string | undefined> {
  if (isPath(name)) {
    const path = resolve(baseDirectory, name);
    return stat(path).then(
      (entry) => (entry.isFile() ? path : undefined),
      () => undefined,
    );
  }
  const { createJiti } = await import('jiti');
  for (const from of [pathToFileURL(join(baseDirectory, 'facewright.config.js')).href, import.meta.url]) {
    const url = createJiti(from).esmResolve(name, { try: true });
    if (url) return fileURLToPath(url);
  }
  return undefined;
}

/** Imports a JavaScript or TypeScript file. */
export async function importFile(path: string): Promise<unknown> {
  if (!/\.[cm]?ts$/.test(path)) return import(pathToFileURL(path).href);
  const { createJiti } = await import('jiti');
  return createJiti(import.meta.url).import(path);
}

/** The plugins of an entry in the config's `plugins`. Throws a `FacewrightError` if it is missing or provides none. */
export async function importListed(name: UserSpecifier, source: Omit<PluginSource, 'known'>): Promise<PluginFactory[]> {
  const plugins = await importPlugins(name, source);
  if (plugins.length) return plugins;
  const found = await locate(name, resolve(source.baseDirectory));
  throw new FacewrightError({
    what: found ? `"${name}" exports no plugin.` : `"plugins" lists "${name}": there is no such package or file.`,
    where: found ?? source.where,
    todo: found
      ? 'Export the result of definePlugin, as a named or default export.'
      : whereToPut(name, source.baseDirectory),
  });
}

const whereToPut = (name: string, baseDirectory: string): string =>
  isPath(name)
    ? `Check the path: it is relative to ${baseDirectory}.`
    : `Install the package (npm install ${name}), or write a file as "./<path>", relative to ${baseDirectory}.`;

async function importOne(kind: PluginKind, name: UserSpecifier, source: PluginSource): Promise<PluginFactory> {
  const imported = await importPlugins(name, source);
  const found = imported.filter((plugin) => plugin.meta.kind === kind);
  if (found.length === 1) return found[0];
  if (found.length > 1) {
    throw new FacewrightError({
      what: `"${name}" exports ${found.length} plugins of kind ${kind}.`,
      where: source.where,
      todo: `List it under "plugins" and name one: ${found.map((plugin) => plugin.meta.name).join(', ')}.`,
    });
  }
  const others = [...source.known.filter((plugin) => plugin.meta.name === name), ...imported];
  if (others.length) throw anotherKind(kind, name, others, source);
  const path = await locate(name, resolve(source.baseDirectory));
  if (path)
    throw new FacewrightError({
      what: `"${name}" exports no plugin, so no ${kind}.`,
      where: path,
      todo: 'Export the result of definePlugin, as a named or default export.',
    });
  throw unknownName(kind, name, source);
}

function anotherKind(
  kind: PluginKind,
  name: string,
  others: readonly PluginFactory[],
  { where, known }: PluginSource,
): FacewrightError {
  const kinds = [...new Set(others.map(({ meta }) => `${meta.kind} "${meta.name}"`))];
  return new FacewrightError({
    what: `"${name}" is used as a ${kind}, but it provides ${kinds.join(', ')}.`,
    where,
    todo: `Use it where that kind is expected. Known plugins of kind ${kind}: ${namesOf(kind, known).join(', ') || 'none'}.`,
  });
}

function unknownName(kind: PluginKind, name: string, { where, known }: PluginSource): FacewrightError {
  const names = namesOf(kind, known);
  return new FacewrightError({
    what: `Unknown ${kind} "${name}": no built-in, package or file of that name provides a ${kind} plugin.`,
    where,
    todo: names.length
      ? `Did you mean "${closest(name, names)}"? Known: ${names.join(', ')}. A local file starts with "./".`
      : 'Install the package that provides it.',
  });
}

const namesOf = (kind: PluginKind, known: readonly PluginFactory[]): string[] =>
  known.filter((plugin) => plugin.meta.kind === kind).map((plugin) => plugin.meta.name);
