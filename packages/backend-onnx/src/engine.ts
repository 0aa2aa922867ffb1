/** The engine: steps are captured once per signature of shapes and run by onnxruntime. */
import { openCompiledEngine } from '@facewright/compiled-engine';
import type { Emit, Engine } from '@facewright/core';
import { OnnxRunner } from './session/runner.js';
import { probeBlock } from './session/probe-block.js';
import { loadRuntime, TESTED_VERSION, type Provider, type Runtime } from './session/runtime.js';
import { defaultLimit } from './session/available-memory.js';
import { physicalCores } from './session/threads.js';

export type LoweringChoice = 'auto' | 'std' | 'blocked';

export interface OnnxEngineOptions {
  readonly provider: Provider;
  readonly lowering: LoweringChoice;
  readonly threads?: number;
  /** Memory limit of the whole process in a training, in bytes; default: 80 % of what it can still get, beside what it has. */
  readonly memoryBytes?: number;
  readonly emit?: Emit;
}

export interface OnnxEngine extends Engine {
  /** Images per block if training steps use the `blocked` layout, else 0. */
  readonly block: number;
  /** How training steps are lowered. */
  readonly lowering: 'std' | 'blocked';
  readonly threads: number;
}

export async function openOnnxEngine({
  provider,
  lowering,
  threads = physicalCores(),
  memoryBytes,
  emit,
}: OnnxEngineOptions): Promise<OnnxEngine> {
  const runtime = await loadRuntime();
  const block = await chooseBlock(runtime, provider, lowering);
  const target = {
    ...{ runtime, provider, threads, block, emit },
    memoryBytes: memoryBytes ?? defaultLimit(),
    strictLimit: memoryBytes !== undefined,
    openedBytes: process.memoryUsage.rss(),
  };
  const engine = openCompiledEngine({
    name: 'onnx',
    device: `onnxruntime ${versionOf(runtime)}, ${provider}, ${block ? `blocked (${block} images)` : 'std'}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
    lowering: 'std',
    target: (options) => new OnnxRunner(target, options),
    emit,
  });
  return { ...engine, layout: 'planes', block, lowering: block ? 'blocked' : 'std', threads };
}

async function chooseBlock(runtime: Runtime, provider: Provider, lowering: LoweringChoice): Promise<number> {
  if (lowering === 'std' || provider !== 'cpu') return 0;
  // another version may change the memory layout: it is then used only if requested by name, and only if the probe
  // confirms it
  if (lowering === 'auto' && versionOf(runtime) !== TESTED_VERSION) return 0;
  return probeBlock(runtime);
}

export const versionOf = (runtime: Runtime): string =>
  (runtime.env.versions as { node?: string } | undefined)?.node ?? 'of unknown version';
