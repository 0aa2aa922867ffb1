/**
 * A part of a run: a plugin with validated options, the package that provides it, and the part itself once it is
 * requested.
 */
import type { DependencyContainer } from 'tsyringe';
import {
  makePart,
  pluginContext,
  TOKENS,
  type ConfiguredPlugin,
  type Contracts,
  type PluginKind,
} from '@facewright/core';

export interface Part<K extends PluginKind = PluginKind> {
  readonly name: string;
  readonly plugin: ConfiguredPlugin<K>;
  /** Missing for a part given in code that no known package provides. */
  readonly package?: string;
  /** The part, created on the first call. */
  make(): Promise<Contracts[K]>;
}

export function partIn<K extends PluginKind>(
  container: DependencyContainer,
  plugin: ConfiguredPlugin<K>,
  from: string | undefined,
): Part<K> {
  const { kind, name } = plugin.meta;
  let made: Promise<Contracts[K]> | undefined;
  const part: Part<K> = {
    name,
    plugin,
    ...(from !== undefined && { package: from }),
    make: () => (made ??= makePart(plugin, pluginContext(container, `${kind}/${name}`), from)),
  };
  // classes inject a kind by its token; if a run has several of a kind, they get the last one
  container.register(TOKENS[kind], { useFactory: () => part.make() });
  return part;
}
