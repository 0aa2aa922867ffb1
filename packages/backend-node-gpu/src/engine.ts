/** Opens TensorFlow as an engine. Engines with the same options share one context. */
import { openCompiledEngine } from '@facewright/compiled-engine';
import { FacewrightError, openEagerEngine, type Emit, type Engine, type LossScaling } from '@facewright/core';
import { xlaWorks } from './function/xla.js';
import { functionTarget } from './function/target.js';
import type { Precision } from './function/tensors.js';
import { registerTensorFlow } from './eager/backend.js';
import { loadLibrary } from './library/load.js';
import type { Libraries } from './library/location.js';
import { encodeConfig, type ContextOptions } from './runtime/config.js';
import { Runtime } from './runtime/runtime.js';

export interface EngineOptions extends ContextOptions {
  readonly mode: 'function' | 'eager';
  /** XLA compiles whole functions. */
  readonly jit: boolean;
  /** XLA compiles groups of elementwise ops; on a CPU. */
  readonly fuse: boolean;
  /** Precision of activations and their gradients in functions. */
  readonly precision: Precision;
  /** With float16. */
  readonly lossScaling?: LossScaling;
}

const runtimes = new Map<string, Runtime>();

/**
 * One runtime per set of context options, because a context keeps its threads and memory as long as the process lives.
 */
export async function openRuntime(libraries: Libraries, options: ContextOptions): Promise<Runtime> {
  const library = await loadLibrary(libraries);
  const key = Buffer.from(encodeConfig(options)).toString('hex');
  const runtime = runtimes.get(key) ?? new Runtime(library, options);
  runtimes.set(key, runtime);
  return runtime;
}

export async function openTensorFlowEngine(libraries: Libraries, options: EngineOptions, emit?: Emit): Promise<Engine> {
  const runtime = await openRuntime(libraries, options);
  if (options.device === 'gpu' && !runtime.gpu) {
    throw new FacewrightError({
      what: 'TensorFlow finds no usable GPU.',
      where: libraries.directory,
      todo: 'Set TF_CPP_MIN_LOG_LEVEL=0 to see which library is missing, and run "facewright setup node-gpu" to download it.',
    });
  }
  const tfBackend = `tensorflow-${runtime.id}`;
  registerTensorFlow(tfBackend, runtime);
  const device = `TensorFlow ${runtime.library.version}, ${runtime.gpu?.name ?? 'CPU'}`;
  const eager = await openEagerEngine({ name: 'node-gpu', tfBackend, device });
  const { mode, jit, precision } = options;
  if (mode === 'eager') {
    if (precision !== 'float32')
      throw new FacewrightError({
        what: `Op by op everything is float32, but "precision" is ${precision}.`,
        where: 'node-gpu',
        todo: 'Leave "mode" at "function", or "precision" at "float32".',
      });
    return eager;
  }
  const fuses = options.fuse && !jit && !runtime.gpu && (await xlaWorks(runtime));
  const engine = openCompiledEngine({
    name: 'node-gpu',
    device: precision === 'float32' ? device : `${device}, ${precision}`,
    lowering: 'function',
    target: functionTarget(runtime, { jit, fuses, precision }),
    eager,
    emit,
  });
  return precision === 'float16' ? { ...engine, lossScaling: options.lossScaling } : engine;
}
