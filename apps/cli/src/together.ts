/**
 * What a training does before its processes meet, such as reading its config. If that fails they meet after all, and
 * one of them reports the error: rank 0 if all have the same one, such as a path that does not exist.
 */
import { startedWithOthers } from '@facewright/cluster-mpi/launch';
import { isToldElsewhere, type RunConfigInput } from '@facewright/core';
import type { LoadedConfig } from '@facewright/platform/node';

/** `open` gets the config that was read, whose cluster they meet in; without one they meet in the default. */
export async function together<T>(
  read: () => Promise<LoadedConfig>,
  open: (config: LoadedConfig) => Promise<T>,
): Promise<T> {
  let cluster: RunConfigInput['cluster'];
  try {
    const config = await read();
    ({ cluster } = config.given);
    return await open(config);
  } catch (error) {
    if (!startedWithOthers(process.env) || isToldElsewhere(error)) throw error;
    const [{ failTogether }, { builtins }] = await Promise.all([import('@facewright/run'), import('./builtins.js')]);
    return failTogether(error, builtins, cluster);
  }
}
