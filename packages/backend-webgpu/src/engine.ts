/** Opens the engine: steps are captured and compiled to a list of dispatches, or run op by op by tfjs-backend-webgpu on the same device. */
import {
  openEagerEngine,
  type CompileOptions,
  type Emit,
  type Engine,
  type Executable,
  type StepFunction,
} from '@facewright/core';
import { TF_BACKEND, registerTfjsBackend } from './eager/backend.js';
import { openDevice, type OpenDevice } from './gpu/device.js';
import type { GpuSource } from './gpu/source.js';
import { CompiledExecutable } from './run/executable.js';
import { fallingBack } from './run/falling-back.js';
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
  const executables = new Set<Executable>();
  const compiledFor = (step: StepFunction, options: CompileOptions): Executable => {
    // a program holds for one signature of shapes: where they are to change from call to call, op by op is the faster way
    if (mode === 'eager' || Object.values(options.dynamicAxes ?? {}).some((axes) => axes.length > 0))
      return eager.compile(step, options);
    const [name, openEager] = [options.name ?? 'step', eager];
    const compiled = new CompiledExecutable(opened.device, step, options, (step, seconds, nodes) =>
      emit?.('engine.compiled', { name: 'webgpu', step, seconds, nodes }),
    );
    return fallingBack(
      compiled,
      (state) => openEager.compile(step, { ...options, state }),
      (reason) =>
        emit?.('notice', {
          level: 'warning',
          message: `The step "${name}" runs op by op on webgpu, which is slower: no lowering for ${reason}`,
        }),
    );
  };
  return {
    name: 'webgpu',
    device: opened.name,
    lowering: mode === 'compiled' ? 'wgsl' : 'eager',
    compile(step, options = {}) {
      const executable = watched(compiledFor(step, options), opened);
      executables.add(executable);
      return { ...executable, dispose: () => (executables.delete(executable), executable.dispose()) };
    },
    async recover() {
      if (opened.health.lost !== undefined) [opened, eager] = await open(source);
    },
    async dispose() {
      for (const executable of executables) executable.dispose();
      executables.clear();
      await eager.dispose();
    },
  };
}

async function open(source: GpuSource): Promise<[OpenDevice, Engine]> {
  const opened = await openDevice(source);
  await registerTfjsBackend(opened);
  return [opened, await openEagerEngine({ name: 'webgpu', tfBackend: TF_BACKEND, device: opened.name })];
}
