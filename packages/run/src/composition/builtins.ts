/** Where plugins come from: packages supplied by the caller, and those listed in a config. */
import type { ConfiguredPlugin, PluginFactory } from '@facewright/core';

/** The plugins of one package or file. */
export interface PluginPackage {
  /** The package's name, or the file as listed in the config, e.g. `@facewright/losses` or `./my-loss.ts`. */
  readonly name: string;
  /** Its file, which worker threads import; if missing, they import by name. Not used in browsers. */
  readonly file?: () => string;
  readonly plugins: readonly PluginFactory[];
}

/** Parts known by name without being listed. `auto` tries the engines in this order. */
export type Builtins = readonly PluginPackage[];

export const pluginsOf = (packages: readonly PluginPackage[]): PluginFactory[] =>
  packages.flatMap(({ plugins }) => plugins);

/** The package that provides a plugin, if it is one of these. */
export const packageOf = (
  { meta }: Pick<ConfiguredPlugin, 'meta'>,
  packages: readonly PluginPackage[],
): PluginPackage | undefined => packages.find(({ plugins }) => plugins.some((plugin) => plugin.meta === meta));
