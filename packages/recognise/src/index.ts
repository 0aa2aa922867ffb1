/**
 * Uses a trained model in Node: engines onnx and wasm, with models and photos from disk. Browser bundlers use
 * browser.ts instead.
 */
import { onnx } from '@facewright/backend-onnx';
import { wasm } from '@facewright/backend-wasm';
import { makePart, type PluginFactory } from '@facewright/core';
import { openPhoto } from '@facewright/platform/node';
import { mtcnn } from '@facewright/preprocess';
import { loadModelFiles } from '@facewright/training';
import { recogniserIn } from './create-recogniser.js';

export type { RecogniserOptions } from './create-recogniser.js';
export * from './shared.js';

/** Opens a trained model: `await createRecogniser({ model: 'run/model' })`. Throws a `FacewrightError`. */
export const createRecogniser = recogniserIn({
  engines: [onnx, wasm] as unknown as readonly PluginFactory<'backend'>[],
  loadModel: loadModelFiles,
  detector: async (weights, context) => makePart(mtcnn({ weights }), context),
  open: openPhoto,
});
