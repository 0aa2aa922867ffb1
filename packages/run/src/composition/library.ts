/**
 * The plugins that a run can name. User-given names are looked up here; names from data go to `findPlugin` with
 * `known`.
 */
import {
  FacewrightError,
  plainReference,
  type ConfiguredPlugin,
  type PluginFactory,
  type PluginKind,
  type PluginReference,
} from '@facewright/core';
import { pluginsOf, type PluginPackage } from './builtins.js';

export interface PluginLibrary {
  /** Those listed in the config, then the built-in ones. */
  readonly packages: readonly PluginPackage[];
  /** Plugins given in code, followed by those of the packages. */
  readonly known: readonly PluginFactory[];
  /** Throws a `FacewrightError` for an unknown name, a wrong kind or wrong options. */
  load<K extends PluginKind>(kind: K, reference: PluginReference): Promise<ConfiguredPlugin<K>>;
}

/**
 * Exactly these plugins, without importing any by name: for a page, which cannot, and for names that come from data.
 * `todo` says how to use others.
 */
export function closedLibrary(
  packages: readonly PluginPackage[],
  where: string,
  todo = 'To use your own plugins, run the command-line tool.',
): PluginLibrary {
  const known = pluginsOf(packages);
  return {
    packages,
    known,
    async load(kind, reference) {
      const { name, options } = plainReference(reference);
      const own = known.filter(({ meta }) => meta.kind === kind);
      const plugin = own.find(({ meta }) => meta.name === name) as PluginFactory<typeof kind> | undefined;
      if (plugin) return { factory: plugin, ...plugin(options as never, `${kind} "${name}" in ${where}`) };
      throw new FacewrightError({
        what: `There is no ${kind} "${name}" here.`,
        where,
        todo: `Choose one of ${own.map(({ meta }) => meta.name).join(', ')}. ${todo}`,
      });
    },
  };
}
