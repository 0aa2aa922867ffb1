/**
 * The engine of a worker: WebGPU if the browser has an adapter, otherwise WebAssembly. Reports which one, and why not
 * the other.
 */
import {
  createEventStream,
  createRunContainer,
  FacewrightError,
  pluginContext,
  type Engine,
  type PluginFactory,
} from '@facewright/core';
import { wasm } from '@facewright/backend-wasm';
import { webgpu } from '@facewright/backend-webgpu';
import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threaded from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';

/** In the order they are tried. */
const ENGINES = [webgpu, wasm] as const satisfies readonly PluginFactory<'backend'>[];

const TITLES: Readonly<Record<string, string>> = { webgpu: 'WebGPU', wasm: 'WebAssembly' };

export type EngineChoice = 'auto' | 'webgpu' | 'wasm';

export interface OpenedEngine {
  readonly engine: Engine;
  /** Why the earlier ones were skipped, one sentence each. */
  readonly passedOver: readonly string[];
}

/** URLs of tfjs's WebAssembly files, which are loaded together with the engine. */
const WASM_PATHS = {
  'tfjs-backend-wasm.wasm': plain,
  'tfjs-backend-wasm-simd.wasm': simd,
  'tfjs-backend-wasm-threaded-simd.wasm': threaded,
};

export async function openEngine(choice: EngineChoice): Promise<OpenedEngine> {
  const context = pluginContext(createRunContainer({ events: createEventStream() }), 'engine');
  const passedOver: string[] = [];
  for (const plugin of ENGINES) {
    const { name } = plugin.meta;
    if (choice !== 'auto' && choice !== name) continue;
    if (name === 'wasm') (await import('@tensorflow/tfjs-backend-wasm')).setWasmPaths(WASM_PATHS);
    const backend = await plugin().create(context);
    const { usable, emulated, reason = 'it does not work here' } = await backend.probe();
    if (usable && !(emulated && choice === 'auto')) return { engine: await backend.open(), passedOver };
    passedOver.push(
      usable
        ? `${TITLES[name]} is not used because this browser only emulates it on the CPU.`
        : `${TITLES[name]} is not used: ${reason}.`,
    );
  }
  throw new FacewrightError({
    what: `No engine works in this browser. ${passedOver.join(' ')}`,
    todo: 'Choose another engine, or use a newer browser.',
  });
}
