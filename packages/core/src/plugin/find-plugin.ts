/** Finds plugins named in data among the known ones. It never imports anything. */
import { FacewrightError } from '../values/errors.js';
import { plainReference, type DataReference } from './names.js';
import { isPlugin, requireApiVersion, type ConfiguredPlugin, type PluginFactory, type PluginKind } from './plugin.js';

/**
 * The plugin that a data file names, with the options the file gives. `known` holds the built-in plugins and those the
 * user provided; `where` is the file. Throws a `FacewrightError` for an unknown name, and for options the plugin does
 * not accept.
 */
export function findPlugin<K extends PluginKind>(
  kind: K,
  reference: DataReference,
  { known, where }: { readonly known: readonly PluginFactory[]; readonly where: string },
): ConfiguredPlugin<K> {
  const { name, options } = plainReference(reference);
  const plugin = known.find((candidate) => isPlugin(candidate, kind) && candidate.meta.name === name);
  if (plugin) requireApiVersion(plugin, where);
  if (plugin) return (plugin as unknown as PluginFactory<K>)(options, `${kind} "${name}" in ${where}`);
  throw new FacewrightError({
    what: `The file asks for the ${kind} "${name}", which is neither built in nor one of your plugins.`,
    where,
    todo: `If you trust the package or file that provides it, list it under "plugins" in your config. Names found in data are never imported.`,
  });
}
