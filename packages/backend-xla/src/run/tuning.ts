/**
 * Keeps on disk what XLA measures on a GPU to choose algorithms. Compiling the same step again is then quicker, and
 * above all chooses the same algorithms: otherwise a training that is resumed in a new process could differ in the last
 * bits. XLA names the files by the device and the operation, so one directory serves all.
 */
import { defaultCacheDirectory } from '@facewright/native-libraries';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Kind } from '../discovery/known.js';
import type { Flags } from './compile.js';

/** Empty where XLA does not measure, or the cache cannot be written. */
export async function tuningFlags(kind: Kind, cacheDirectory = defaultCacheDirectory()): Promise<Flags> {
  if (kind !== 'cuda' && kind !== 'rocm') return {};
  const directory = join(cacheDirectory, 'tuned-xla');
  try {
    await mkdir(directory, { recursive: true });
  } catch {
    return {};
  }
  return { xla_gpu_per_fusion_autotune_cache_dir: directory };
}
