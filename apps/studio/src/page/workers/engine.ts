/** The engine of a worker: WebGPU where the browser has an adapter, else WebAssembly; it says which, and why not the other. */
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
  /** Why those before it were passed over, a sentence each. */
  readonly passedOver: readonly string[];
}

/** Where the WebAssembly of tfjs lies; it is loaded with the engine only. */
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
    const { usable, emulated, reason = 'it cannot be used here' } = await backend.probe();
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
