/**
 * Uses a trained model in a page or a worker: engines webgpu and wasm, with models and photos by URL. Photos never
 * leave it.
 */
import { wasm } from '@facewright/backend-wasm';
import { webgpu } from '@facewright/backend-webgpu';
import { FacewrightError, messageOf, type PluginFactory } from '@facewright/core';
import { decodeImage, writeFileAtomic } from '@facewright/platform';
import { createMtcnn, readWeights } from '@facewright/preprocess';
import { loadModelFiles } from '@facewright/training';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { MTCNN, recogniserIn } from './create-recogniser.js';

export type { RecogniserOptions } from './create-recogniser.js';
export * from './shared.js';
/**
 * Sets the location of the three `.wasm` files of @tensorflow/tfjs-backend-wasm. Call it first if the engine may be
 * wasm.
 */
export { setWasmPaths };

/** Opens a trained model: `await createRecogniser({ model: '/model', detectorWeights: '/mtcnn_model-shard1' })`. Throws a `FacewrightError`. */
export const createRecogniser = recogniserIn({
  engines: [webgpu, wasm] as unknown as readonly PluginFactory<'backend'>[],
  async loadModel(address) {
    const directory = `/fetched/${encodeURIComponent(address)}`;
    for (const file of ['model.json', 'weights.safetensors'])
      await writeFileAtomic(`${directory}/${file}`, await fetched(`${address.replace(/\/$/, '')}/${file}`));
    return loadModelFiles(directory);
  },
  async detector(weights, { engine, signal }) {
    if (weights === undefined)
      throw new FacewrightError({
        what: 'Faces cannot be detected without the MTCNN weights.',
        todo: 'Pass their URL or bytes as "detectorWeights".',
      });
    return createMtcnn(await engine(), readWeights(await fetched(weights), weights), MTCNN, signal);
  },
  open: async (photo, limits) => decodeImage(await fetched(photo, limits.signal), { ...limits, where: photo }),
});

async function fetched(address: string, signal?: AbortSignal): Promise<Uint8Array> {
  const refuse = (why: string, cause?: unknown): never => {
    throw new FacewrightError({ what: `Cannot download the file: ${why}.`, where: address, cause });
  };
  const answer = await fetch(address, { signal }).catch((error: unknown) => refuse(messageOf(error), error));
  return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : refuse(`the server returned status ${answer.status}`);
}
