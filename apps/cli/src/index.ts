/** facewright as a library: `createRun`, and the built-in parts to compose it of. */
export { createRun, type RunOptions } from './create-run.js';
export { SAMPLE_PRESET, type PresetName, type Run, type RunResult, type SampleOptions } from '@facewright/run';
export { defineConfig, definePlugin, FacewrightError, Interrupted } from '@facewright/core';
export { cpu } from '@facewright/backend-cpu';
export { onnx } from '@facewright/backend-onnx';
export { wasm } from '@facewright/backend-wasm';
export {
  alignedFolder,
  flatFolder,
  folder,
  insightFaceRec,
  trillionPairs,
  webdataset,
  zip,
} from '@facewright/datasets';
export { arcFace, softmax } from '@facewright/losses';
export { mobileFaceNet } from '@facewright/models';
export { fivePoint, gaussianNoise, givenLandmarks, mtcnn, opening, saltAndPepper } from '@facewright/preprocess';
export { adam, sgd } from '@facewright/training';
