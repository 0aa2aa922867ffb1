/**
 * Opens the engine: steps are captured and compiled to a list of dispatches, or run op by op by tfjs-backend-webgpu on
 * the same device.
 */
import { openCompiledEngine } from '@facewright/compiled-engine';
import { openEagerEngine, type Emit, type Engine } from '@facewright/core';
import { TF_BACKEND, registerTfjsBackend } from './eager/backend.js';
import { openDevice, type OpenDevice } from './gpu/device.js';
import type { GpuSource } from './gpu/source.js';
import { WebgpuRunner } from './run/runner.js';
import { watched } from './run/watched.js';

export interface WebgpuEngineOptions {
  readonly mode: 'compiled' | 'eager';
}

export interface WebgpuEngine extends Engine {
  readonly lowering: 'wgsl' | 'eager';
}

export async function openWebgpuEngine(
  source: GpuSource,
  { mode }: WebgpuEngineOptions,
  emit?: Emit,
): Promise<WebgpuEngine> {
  let [opened, eager] = await open(source);
  const compiled = openCompiledEngine({
    name: 'webgpu',
    device: opened.name,
    lowering: 'wgsl',
    target: ({ state }) => new WebgpuRunner(opened.device, state),
    eager: () => eager,
    emit,
  });
  return {
    name: 'webgpu',
    device: opened.name,
    lowering: mode === 'compiled' ? 'wgsl' : 'eager',
    compile: (step, options) => watched((mode === 'eager' ? eager : compiled).compile(step, options), opened),
    async recover() {
      if (opened.health.lost !== undefined) [opened, eager] = await open(source);
    },
    dispose: () => compiled.dispose(),
  };
}

async function open(source: GpuSource): Promise<[OpenDevice, Engine]> {
  const opened = await openDevice(source);
  await registerTfjsBackend(opened);
  return [opened, await openEagerEngine({ name: 'webgpu', tfBackend: TF_BACKEND, device: opened.name })];
}
