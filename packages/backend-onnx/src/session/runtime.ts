/**
 * Loads onnxruntime-node when it is first needed. It is an optional peer, because its binary is large and not available
 * for every machine.
 */
import { FacewrightError, messageOf } from '@facewright/core';
import type * as onnxruntime from 'onnxruntime-node';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { assertTelemetryDecided } from '../telemetry.js';

export type Runtime = typeof onnxruntime;
export type { InferenceSession, Tensor };

/** The blocked layout is internal to onnxruntime: it is only used with the tested version, and even then probed. */
export const TESTED_VERSION = '1.30.0';
/**
 * Its install script downloads CUDA libraries, and npm silently drops the package if that fails; the CPU needs none of
 * them.
 */
export const INSTALL = 'ONNXRUNTIME_NODE_INSTALL=skip npm install facewright';

/** The only place that loads the library, so that nothing loads it before telemetry is off. */
export async function loadRuntime(): Promise<Runtime> {
  assertTelemetryDecided();
  try {
    const loaded = (await import('onnxruntime-node')) as Runtime & { default?: Runtime };
    return loaded.InferenceSession ? loaded : loaded.default!;
  } catch (error) {
    throw new FacewrightError({
      what: `cannot load onnxruntime-node: ${messageOf(error).split('\n')[0]}`,
      todo: INSTALL,
      cause: error,
    });
  }
}

export const PROVIDERS = ['cpu', 'cuda', 'webgpu', 'coreml', 'dml'] as const;
export type Provider = (typeof PROVIDERS)[number];

export interface SessionOptions {
  readonly provider: Provider;
  readonly threads: number;
  /** Let onnxruntime optimise the graph; off for graphs whose execution order is chosen here. */
  readonly optimise: boolean;
}

export async function createSession(
  runtime: Runtime,
  model: Uint8Array,
  { provider, threads, optimise }: SessionOptions,
): Promise<InferenceSession> {
  return runtime.InferenceSession.create(model, {
    executionProviders: provider === 'cpu' ? ['cpu'] : [provider, 'cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: optimise ? 'all' : 'disabled',
    // planned memory is never returned between sizes: without the plan the peak halves at the same speed
    enableMemPattern: false,
    logSeverityLevel: 3,
    // gradients of a trained network are full of denormals, which CPUs process a hundred times slower
    extra: { session: { set_denormal_as_zero: '1' } },
  });
}
