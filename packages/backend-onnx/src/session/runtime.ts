/**
 * Loads onnxruntime when it is first needed, because its library is large and not available for every machine: the
 * user's own `onnxruntime-node`, for example one with CUDA, or the one in `@facewright/onnxruntime`.
 */
import { FacewrightError, messageOf } from '@facewright/core';
import type * as onnxruntime from 'onnxruntime-common';
import type { InferenceSession, Tensor } from 'onnxruntime-common';
import { assertTelemetryDecided } from '../telemetry.js';

/** `onnxruntime-common`, and what the Node library adds to it. */
export type Runtime = typeof onnxruntime & { listSupportedBackends(): { name: string; bundled: boolean }[] };
export type { InferenceSession, Tensor };

/** The blocked layout is internal to onnxruntime: it is only used with the tested version, and even then probed. */
export const TESTED_VERSION = '1.30.0';
export const INSTALL = 'npm install --include=optional @facewright/onnxruntime';

/** The only place that loads the library, so that nothing loads it before telemetry is off. */
export async function loadRuntime(): Promise<Runtime> {
  assertTelemetryDecided();
  try {
    const loaded = (await usersOrOurs()) as Runtime & { default?: Runtime };
    return loaded.InferenceSession ? loaded : loaded.default!;
  } catch (error) {
    throw new FacewrightError({
      what: `cannot load onnxruntime: ${messageOf(error).split('\n')[0]}`,
      todo: INSTALL,
      cause: error,
    });
  }
}

async function usersOrOurs(): Promise<unknown> {
  try {
    return await import('onnxruntime-node');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    // in a variable, because in the repository the package holds no library
    const ours = '@facewright/onnxruntime';
    return await import(ours);
  }
}

export const PROVIDERS = ['cpu', 'cuda', 'webgpu', 'coreml', 'dml'] as const;
export type Provider = (typeof PROVIDERS)[number];

export interface SessionOptions {
  readonly provider: Provider;
  readonly threads: number;
  /** Let onnxruntime optimise the graph; off for graphs whose execution order is chosen here. */
  readonly optimise: boolean;
  /** Let onnxruntime keep buffers for later, which is faster; otherwise each goes back to the system after its last use. */
  readonly arena?: boolean;
}

export async function createSession(
  runtime: Runtime,
  model: Uint8Array,
  { provider, threads, optimise, arena = true }: SessionOptions,
): Promise<InferenceSession> {
  return runtime.InferenceSession.create(model, {
    executionProviders: provider === 'cpu' ? ['cpu'] : [provider, 'cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: optimise ? 'all' : 'disabled',
    // planned memory is never returned between sizes: without the plan the peak halves at the same speed
    enableMemPattern: false,
    enableCpuMemArena: arena,
    logSeverityLevel: 3,
    // gradients of a trained network are full of denormals, which CPUs process a hundred times slower
    extra: { session: { set_denormal_as_zero: '1' } },
  });
}
