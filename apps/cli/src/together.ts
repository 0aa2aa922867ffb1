/**
 * What a training does before its processes meet, such as reading its config. If that fails they meet after all, and
 * one of them tells the error: rank 0 if it is the error of all, such as a path that does not exist.
 */
import { isToldElsewhere, type RunConfigInput } from '@facewright/core';
import { launchedWithOthers } from './launched.js';

/** `cluster`: that of the config, once it is known. */
export async function together<T>(
  work: () => Promise<T>,
  cluster: () => RunConfigInput['cluster'] | undefined,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!launchedWithOthers() || isToldElsewhere(error)) throw error;
    const [{ failTogether }, { builtins }] = await Promise.all([import('@facewright/run'), import('./builtins.js')]);
    return failTogether(error, builtins, cluster());
  }
}
