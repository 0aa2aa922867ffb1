/** A part of a run: a plugin with checked options, the package that brings it, and the part itself once something asks for it. */
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
  /** Missing for a part that code gives and no known package brings. */
  readonly package?: string;
  /** The part, made at the first call. */
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
  // classes ask for a kind by its token; where a run has several of a kind they get the last one
  container.register(TOKENS[kind], { useFactory: () => part.make() });
  return part;
}
