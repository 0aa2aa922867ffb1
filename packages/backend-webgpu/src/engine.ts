/** Opens the engine: steps are captured and compiled to a list of dispatches, or run op by op by tfjs-backend-webgpu on the same device. */
import { openEagerEngine, type Emit, type Engine, type Executable } from '@facewright/core';
import { TF_BACKEND, registerTfjsBackend } from './eager/backend.js';
import { openDevice } from './gpu/device.js';
import type { GpuSource } from './gpu/source.js';
import { CompiledExecutable } from './run/executable.js';
import { fallingBack } from './run/falling-back.js';

export interface WebgpuEngineOptions {
  readonly mode: 'compiled' | 'eager';
}

interface CompilingEngine extends Engine {
  readonly lowering: 'wgsl';
}

export async function openWebgpuEngine(source: GpuSource, { mode }: WebgpuEngineOptions, emit?: Emit): Promise<Engine | CompilingEngine> {
  const opened = await openDevice(source);
  await registerTfjsBackend(opened);
  const eager = await openEagerEngine({ name: 'webgpu', tfBackend: TF_BACKEND, device: opened.name });
  if (mode === 'eager') return eager;
  const executables = new Set<Executable>();
  return {
    ...eager,
    lowering: 'wgsl',
    compile(step, options = {}) {
      // a program holds for one signature of shapes: where they are to change from call to call, op by op is the faster way
      if (Object.values(options.dynamicAxes ?? {}).some((axes) => axes.length > 0)) return eager.compile(step, options);
      const name = options.name ?? 'step';
      const compiled = new CompiledExecutable(opened.device, step, options, (step, seconds, nodes) => emit?.('engine.compiled', { name: 'webgpu', step, seconds, nodes }));
      const executable = fallingBack(compiled, (state) => eager.compile(step, { ...options, state }), (reason) =>
        emit?.('notice', { level: 'warning', message: `The step "${name}" runs op by op on webgpu, which is slower: no lowering for ${reason}` }),
      );
      executables.add(executable);
      return executable;
    },
    async dispose() {
      for (const executable of executables) executable.dispose();
      executables.clear();
      await eager.dispose();
    },
  };
}
