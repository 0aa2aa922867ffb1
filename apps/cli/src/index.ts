/** facewright as a library: `createRun`, the built-in parts, and what is needed to write one's own. */
export { createRun, type RunOptions } from './create-run.js';
export { SAMPLE_PRESET, type PresetName, type Run, type RunResult, type SampleOptions } from '@facewright/run';
export {
  ALIGNER,
  API_VERSION,
  AUGMENTER,
  BACKEND,
  BASE_DIRECTORY,
  CRITERION,
  defineConfig,
  definePlugin,
  DETECTOR,
  EMIT,
  ENGINE,
  EVENTS,
  FacewrightError,
  Interrupted,
  LOGGER,
  LOSS,
  MODEL,
  OPTIMISER,
  OPTIONS,
  plugin,
  RANDOM,
  READER,
  SIGNAL,
  type Aligner,
  type Augmenter,
  type Backend,
  type ConfiguredPlugin,
  type Criterion,
  type Detector,
  type Engine,
  type EventReader,
  type Logger,
  type Loss,
  type Model,
  type Optimiser,
  type PluginContext,
  type PluginFactory,
  type PluginKind,
  type Reader,
  type RunConfig,
  type RunConfigInput,
  type RunEvent,
} from '@facewright/core';
export { cpu } from '@facewright/backend-cpu';
export { nodeGpu } from '@facewright/backend-node-gpu';
export { onnx } from '@facewright/backend-onnx';
export { wasm } from '@facewright/backend-wasm';
export { webgpu } from '@facewright/backend-webgpu';
export { xla } from '@facewright/backend-xla';
export { mpi } from '@facewright/cluster-mpi';
export {
  alignedFolder,
  flatFolder,
  folder,
  insightFaceRec,
  trillionPairs,
  webdataset,
  zip,
} from '@facewright/datasets';
export {
  adaFace,
  arcFace,
  combinedMargin,
  cosFace,
  curricularFace,
  magFace,
  normalisedSoftmax,
  softmax,
  subCentreArcFace,
} from '@facewright/losses';
export { mobileFaceNet, mobileNetV2 } from '@facewright/models';
export { fivePoint, gaussianNoise, givenLandmarks, mtcnn, opening, saltAndPepper } from '@facewright/preprocess';
export { tensorBoard } from '@facewright/report';
export {
  single,
  accuracyCriterion,
  adam,
  adamW,
  epochsCriterion,
  plateauCriterion,
  sgd,
  stepsCriterion,
} from '@facewright/training';
