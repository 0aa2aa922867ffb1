/** Training: loop, step, optimisers, criteria, checkpoints, model files. Evaluation: embeddings, verification, pairs. */
export { sgd } from './optimisers/sgd.js';
export { adam, adamW } from './optimisers/adam.js';
export { fromFirst } from './cluster/agree.js';
export { single } from './cluster/single.js';
export { CRITERIA, OPTIMISERS } from './builtins.js';
export { trainStep, validationStep } from './step/step.js';
export { classesInStep, compileSampled, type SampledOptions, type StepExecutable } from './step/sampled-head.js';
export {
  batchParts,
  compileTraining,
  trainingState,
  type BatchParts,
  type TrainingOptions,
} from './step/micro-batches.js';
export { firstState, stateShapes, type StageParts, type StageTensors, type TensorShapes } from './loop/stage-state.js';
export { hostMemory, type HostMemoryOptions } from './loop/host-memory.js';
export { stepsCriterion, epochsCriterion } from './criteria/limits.js';
export { plateauCriterion } from './criteria/plateau.js';
export { accuracyCriterion } from './criteria/accuracy.js';
export { criteriaOf, firstRecord, leastSteps, stepLimit, type NamedCriterion } from './criteria/record.js';
export { readStartingPoint, type FormerHead, type StartingPoint } from './checkpoint/starting-point.js';
export { rateAt } from './loop/schedule.js';
export { batchOrder, type BatchOrder, type DrawnSample, type OrderOptions } from './data/batch-order.js';
export { createImageStore, type ImageStore, type ImageStoreOptions } from './data/images.js';
export { checkStages } from './loop/stage-checks.js';
export { train } from './train.js';
export type { InitialWeights, TrainOptions, TrainResult, TrainStage } from './loop/options.js';
export type { KnownCentres } from './loop/head-init.js';
export {
  saveModel,
  loadModelFiles,
  metricsOf,
  recordMetrics,
  checkAlignment,
  type ModelCard,
  type NewModelCard,
  type NewModelFiles,
  type ModelFiles,
  type ModelMetrics,
} from './checkpoint/model-files.js';
export {
  createEmbedder,
  cosineSimilarity,
  meanEmbedding,
  type Embedder,
  type EmbedderOptions,
  type MeasuredFace,
} from './evaluation/embedder.js';
export { groupFigures, shareOf, type GroupedPair } from './evaluation/groups.js';
export { identification, type NamedEmbedding } from './evaluation/identification.js';
export { verify, type VerifyOptions } from './evaluation/verify.js';
export { holdOut, drawPairs, peopleOf, type Pair } from './evaluation/held-out.js';
export { drawFoldedPairs } from './evaluation/folded-pairs.js';
export { fitPixels } from '@facewright/platform';
