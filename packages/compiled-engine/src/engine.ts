/** Opens an engine on a target: decides what is compiled and what runs op by op, and emits the events. */
import type { CompileOptions, Emit, Engine, Executable, HostTensors, StepFunction } from '@facewright/core';
import { CompiledExecutable } from './executable.js';
import type { Runner } from './runner.js';
import { HandleRunner, type Target } from './target.js';
import { hasOpenAxes } from './values.js';

export interface CompiledEngineOptions<Program, Handle> {
  /** The backend's name, e.g. `node-gpu`. */
  readonly name: string;
  /** The device in words. */
  readonly device: string;
  /** How steps are lowered, e.g. `function`; see `Executable.lowering`. */
  readonly lowering: string;
  /** The target, or a function that makes a runner for each executable, for engines that manage state themselves. */
  readonly target: Target<Program, Handle> | ((options: CompileOptions) => Runner<Program>);
  /**
   * The op-by-op engine for steps without a lowering and for steps with dynamic axes, because a program is valid for
   * one signature of shapes. Without it, a gap is the caller's error. A function is called for each executable.
   */
  readonly eager?: Engine | (() => Engine);
  readonly emit?: Emit;
}

/**
 *     const engine = openCompiledEngine({ name: 'toy', device: 'this machine', lowering: 'toy', target, eager });
 */
export function openCompiledEngine<Program, Handle>({
  name,
  device,
  lowering,
  target,
  eager,
  emit,
}: CompiledEngineOptions<Program, Handle>): Engine {
  const open = new Set<Pick<CompiledExecutable<unknown>, 'disposed'>>();
  const eagerNow = (): Engine | undefined => (typeof eager === 'function' ? eager() : eager);
  const compiled = <P>(
    runner: Runner<P>,
    step: StepFunction,
    options: CompileOptions,
    fallback: Engine | undefined,
  ): Executable => {
    const executable = new CompiledExecutable(runner, step, options, {
      lowering,
      compiled: (step, seconds, nodes) => emit?.('engine.compiled', { name, step, seconds, nodes }),
      eager: fallback && ((state: HostTensors) => fallback.compile(step, { ...options, state })),
      fellBack: (step, missing) => {
        emit?.('engine.fallback', { name, step, missing });
        emit?.('notice', {
          level: 'warning',
          message: `The step "${step}" runs op by op on ${name}, which is slower: no lowering for ${missing}`,
        });
      },
      released: () => void open.delete(executable),
    });
    open.add(executable);
    return executable;
  };
  return {
    name,
    device,
    compile(step, options = {}) {
      const fallback = eagerNow();
      if (fallback && hasOpenAxes(options)) return fallback.compile(step, options);
      if (typeof target === 'function') return compiled(target(options), step, options, fallback);
      return compiled(new HandleRunner(target, options.state ?? {}), step, options, fallback);
    },
    async dispose() {
      await Promise.all([...open].map((executable) => executable.disposed()));
      await eagerNow()?.dispose();
    },
  };
}
