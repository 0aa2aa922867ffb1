/** Where plugins come from: the packages that whoever composes runs brings along, and those that a config lists. */
import type { ConfiguredPlugin, PluginFactory } from '@facewright/core';

/** What one package or file brings. */
export interface PluginPackage {
  /** The package's name, or the file as the config lists it, e.g. `@facewright/losses` or `./my-loss.ts`. */
  readonly name: string;
  /** Its file, which worker threads import; without it they import by the name. Browsers have none. */
  readonly file?: () => string;
  readonly plugins: readonly PluginFactory[];
}

/** Parts known by name without being listed. The order of the engines is that in which `auto` tries them. */
export type Builtins = readonly PluginPackage[];

export const pluginsOf = (packages: readonly PluginPackage[]): PluginFactory[] =>
  packages.flatMap(({ plugins }) => plugins);

/** The package that brings a plugin, where it is one of these. */
export const packageOf = (
  { meta }: Pick<ConfiguredPlugin, 'meta'>,
  packages: readonly PluginPackage[],
): PluginPackage | undefined => packages.find(({ plugins }) => plugins.some((plugin) => plugin.meta === meta));
