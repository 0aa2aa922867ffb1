/** onnxruntime-node, loaded when first needed: it is an optional peer, since its binary is large and some machines have none. */
import { FacewrightError, messageOf } from '@facewright/core';
import type * as onnxruntime from 'onnxruntime-node';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { assertTelemetryDecided } from '../telemetry.js';

export type Runtime = typeof onnxruntime;
export type { InferenceSession, Tensor };

/** The blocked layout is internal to onnxruntime: it is used with the version it was tested with, and probed even then. */
export const TESTED_VERSION = '1.30.0';
/** Its install script fetches CUDA libraries, and npm drops the package in silence where that fails; the processor needs none of them. */
export const INSTALL = 'ONNXRUNTIME_NODE_INSTALL=skip npm install facewright';

/** The only place that loads the library, so that nothing loads it before telemetry is off. */
export async function loadRuntime(): Promise<Runtime> {
  assertTelemetryDecided();
  try {
    const loaded = (await import('onnxruntime-node')) as Runtime & { default?: Runtime };
    return loaded.InferenceSession ? loaded : loaded.default!;
  } catch (error) {
    throw new FacewrightError({
      what: `onnxruntime-node cannot be loaded: ${messageOf(error).split('\n')[0]}`,
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
  /** Let onnxruntime rework the graph; off for graphs whose order of work is chosen here. */
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
    // planned memory is never given back between sizes: without the plan the peak halves at the same speed
    enableMemPattern: false,
    logSeverityLevel: 3,
    // gradients of a trained network are full of denormals, which the processor handles a hundred times slower
    extra: { session: { set_denormal_as_zero: '1' } },
  });
}
