/** What differs between the ranks of a run: rank 0 writes and reports, and the others only train with it. */
import {
  createEventStream,
  FacewrightError,
  markToldElsewhere,
  messageOf,
  parseRunConfig,
  type Cluster,
  type RunConfigInput,
} from '@facewright/core';
import { fromFirst } from '@facewright/training';
import type { Builtins } from './composition/builtins.js';
import { joinCluster, type JoinedCluster } from './composition/clusters.js';
import { openRunDirectory, type OpenOptions, type RunDirectory } from './run-directory.js';

/** Does the work, leaves the cluster, and rejects on every rank if it failed on one. */
export async function onEveryRank<T>(cluster: Cluster, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const told = await cluster.abort(messageOf(error)).then(
      () => cluster.rank > 0,
      () => false,
    );
    if (told) markToldElsewhere(error);
    await cluster.close();
    throw error;
  }
}

/**
 * For an error before the processes have met: they meet after all, so that one of them reports it; in the default
 * cluster if the config's own is what is wrong. Rejects on every rank. If they cannot meet, or have met before, the
 * error is this process's own.
 */
export async function failTogether(
  error: unknown,
  builtins: Builtins,
  cluster?: RunConfigInput['cluster'],
): Promise<never> {
  const joined = (await met(builtins, cluster)) ?? (cluster === undefined ? undefined : await met(builtins));
  if (!joined) throw error;
  return onEveryRank(joined.cluster, () => Promise.reject(error as Error));
}

/** Undefined if the processes cannot meet in this cluster. */
async function met(builtins: Builtins, cluster?: RunConfigInput['cluster']): Promise<JoinedCluster | undefined> {
  const where = 'the config';
  try {
    return await joinCluster(parseRunConfig({ cluster }, where), {
      builtins,
      events: createEventStream(),
      signal: new AbortController().signal,
      baseDirectory: '.',
      where,
      plugins: [],
    });
  } catch {
    return undefined;
  }
}

/** The run directory, which rank 0 alone locks, empties and writes. */
export async function openOnFirst(cluster: Cluster, path: string, options: OpenOptions): Promise<RunDirectory> {
  const own = cluster.rank === 0 ? await openRunDirectory(path, options) : undefined;
  if (cluster.size === 1) return own!;
  const shared = await fromFirst(cluster, own && { ...own, record: undefined, release: undefined }).catch(
    (error: unknown) => {
      own?.release();
      throw error;
    },
  );
  return own ?? { ...(shared as unknown as RunDirectory), record: async () => {}, release: () => {} };
}

/** Photos are prepared by one process, before several train on them. */
export function requirePrepared({ size }: Cluster, prepared: string | undefined, where: string): void {
  if (size === 1 || prepared !== undefined) return;
  throw new FacewrightError({
    what: `${size} processes can only train together on a prepared dataset.`,
    where,
    todo: 'Run "facewright prepare" by itself first, and give its directory with --data.',
  });
}
