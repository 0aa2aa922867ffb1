/** The plugins that a run in Node can name, including packages and files named in the user's config. */
import type { ConfiguredPlugin, UserSpecifier } from '@facewright/core';
import { importListed, loadPlugin } from '@facewright/platform/node';
import { pluginsOf, type Builtins, type PluginPackage } from './builtins.js';
import type { PluginLibrary } from './library.js';

export interface LibraryOptions {
  readonly builtins: Builtins;
  /** Files and packages are resolved from here. */
  readonly baseDirectory: string;
  /** The config file or the command line, for errors. */
  readonly where: string;
  /** Parts given in code. */
  readonly plugins?: readonly ConfiguredPlugin[];
}

/** `names`: the packages and files listed in the config. */
export async function openLibrary(
  names: readonly UserSpecifier[],
  { builtins, baseDirectory, where, plugins = [] }: LibraryOptions,
): Promise<PluginLibrary> {
  const listed: PluginPackage[] = [];
  for (const name of names) listed.push({ name, plugins: await importListed(name, { baseDirectory, where }) });
  const packages = [...listed, ...builtins];
  const known = [...plugins.flatMap(({ factory }) => factory ?? []), ...pluginsOf(packages)];
  return {
    packages,
    known,
    load: (kind, reference) => loadPlugin(kind, reference, { known, baseDirectory, where }),
  };
}
