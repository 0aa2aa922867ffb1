/** The parts that whoever composes runs brings along: known by name without being listed in a config. */
import type { PluginFactory } from '@facewright/core';

/** What one package brings. */
export interface BuiltinPackage {
  /** The package's name, e.g. `@facewright/losses`. */
  readonly name: string;
  /** Its file, which worker threads import; missing where there are none. */
  readonly file?: () => string;
  readonly plugins: readonly PluginFactory[];
}

/** The order of the engines is that in which `auto` tries them. */
export type Builtins = readonly BuiltinPackage[];

export const partsOf = (builtins: Builtins): PluginFactory[] => builtins.flatMap(({ plugins }) => plugins);
