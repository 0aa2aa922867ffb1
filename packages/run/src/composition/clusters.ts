/** Chooses the processes that train together: the named cluster, or the one whose launcher started this process, or just this one. */
import {
  createRunContainer,
  FacewrightError,
  makePart,
  markToldElsewhere,
  plainReference,
  pluginContext,
  singleCluster,
  type Cluster,
  type ClusterAvailability,
  type ConfiguredPlugin,
  type PluginFactory,
  type RunConfig,
} from '@facewright/core';
import { notWorking } from './engines.js';
import type { Scope } from './from-config.js';
import { GivenParts } from './given.js';
import { openLibrary } from './node-library.js';

export interface JoinedCluster {
  /** Missing if no plugin is known: this process by itself. */
  readonly plugin?: ConfiguredPlugin<'cluster'>;
  readonly cluster: Cluster;
}

/** Waits for the other processes. Throws a `FacewrightError` if the named cluster does not work here. */
export async function joinCluster(
  { cluster: reference, plugins }: Pick<RunConfig, 'cluster' | 'plugins'>,
  scope: Scope,
): Promise<JoinedCluster> {
  const { where } = scope;
  const given = new GivenParts(scope.plugins).single('cluster');
  if (given) return joined(given, where);
  const library = await openLibrary(plugins, scope);
  const { name, options } = plainReference(reference);
  if (name !== 'auto') return joined(await library.load('cluster', reference), where, name);
  const known = clustersOf(library.known);
  for (const factory of known)
    if (((await probeCluster(factory())).processes ?? 1) > 1)
      return joined(factory(options as never, `cluster "${factory.meta.name}" in ${where}`), where);
  const alone = known.find(({ meta }) => meta.name === 'single');
  if (!alone) return { cluster: singleCluster() };
  // the same config also serves one process, for which options about the others mean nothing
  const own = Object.fromEntries(Object.entries(options).filter(([key]) => key in (alone().options as object)));
  return joined(alone(own as never), where);
}

/** The clusters among these plugins. */
export const clustersOf = (known: readonly PluginFactory[]): PluginFactory<'cluster'>[] =>
  known.filter(({ meta }) => meta.kind === 'cluster') as unknown as PluginFactory<'cluster'>[];

const make = (plugin: ConfiguredPlugin<'cluster'>, from?: string) =>
  makePart(plugin, pluginContext(createRunContainer(), `cluster/${plugin.meta.name}`), from);

const probeCluster = async (plugin: ConfiguredPlugin<'cluster'>): Promise<ClusterAvailability> =>
  (await make(plugin)).probe();

/** The same for a list: a plugin that throws counts as not working. */
export const checkCluster = (plugin: ConfiguredPlugin<'cluster'>): Promise<ClusterAvailability> =>
  probeCluster(plugin).catch(notWorking);

/** `from`: as in `makePart`. */
async function joined(plugin: ConfiguredPlugin<'cluster'>, where: string, from?: string): Promise<JoinedCluster> {
  const { name } = plugin.meta;
  const provider = await make(plugin, from);
  const { usable, reason, remedy, rankOfAll = 0 } = await provider.probe();
  if (!usable) {
    const error = new FacewrightError({
      what: `The cluster "${name}" does not work here: ${reason ?? 'no reason given'}`,
      where,
      todo: remedy ?? 'Choose another one, or cluster: "single": "facewright doctor" lists them.',
    });
    if (rankOfAll > 0) markToldElsewhere(error);
    throw error;
  }
  return { plugin, cluster: await provider.open() };
}
