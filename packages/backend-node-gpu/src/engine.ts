/** Opens TensorFlow as an engine; engines with the same options share one context. */
import { FacewrightError, openEagerEngine, type Emit, type Engine } from '@facewright/core';
import { registerTensorFlow } from './eager/backend.js';
import { loadLibrary } from './library/load.js';
import type { ContextOptions } from './runtime/config.js';
import { encodeConfig } from './runtime/config.js';
import { Runtime } from './runtime/runtime.js';

export interface EngineOptions extends ContextOptions {
  readonly mode: 'function' | 'eager';
  readonly jit: boolean;
}

const runtimes = new Map<string, Runtime>();

/** One runtime for each set of context options: a context keeps its threads and memory as long as the process lives. */
export async function openRuntime(directory: string, options: ContextOptions): Promise<Runtime> {
  const library = await loadLibrary(directory);
  const key = Buffer.from(encodeConfig(options)).toString('hex');
  const runtime = runtimes.get(key) ?? new Runtime(library, options);
  runtimes.set(key, runtime);
  return runtime;
}

export async function openTensorFlowEngine(directory: string, options: EngineOptions, _emit?: Emit): Promise<Engine> {
  const runtime = await openRuntime(directory, options);
  if (options.device === 'gpu' && !runtime.gpu) {
    throw new FacewrightError({ what: 'TensorFlow finds no GPU that it can use.', where: directory, todo: 'Set TF_CPP_MIN_LOG_LEVEL=0 to see which library it misses, and "facewright setup node-gpu" to fetch them.' });
  }
  const tfBackend = `tensorflow-${runtime.id}`;
  registerTensorFlow(tfBackend, runtime);
  return openEagerEngine({ name: 'node-gpu', tfBackend, device: `TensorFlow ${runtime.library.version}, ${runtime.gpu?.name ?? 'CPU'}` });
}
