/** Training: optimisers, the step, stages, checkpoints, model files; and evaluation: embeddings, verification, held-out pairs. */
export { sgd } from './optimisers/sgd.js';
export { adam, adamW } from './optimisers/adam.js';
export { trainStep, validationStep } from './step.js';
export { batchParts, compileTraining, trainingState, type BatchParts, type TrainingOptions } from './micro-batches.js';
export { firstState, type KnownCentres, type StageParts, type StageStart } from './stage-state.js';
export { stepsCriterion, epochsCriterion } from './criteria/limits.js';
export { plateauCriterion } from './criteria/plateau.js';
export { accuracyCriterion } from './criteria/accuracy.js';
export type { NamedCriterion } from './stage-end.js';
export { readStartingPoint, type FormerHead, type StartingPoint } from './starting-point.js';
export { rateAt } from './schedule.js';
export { batchOrder, type BatchOrder, type DrawnSample, type OrderOptions } from './batch-order.js';
export { train, type Beginning, type TrainOptions, type TrainResult, type TrainStage } from './train.js';
export {
  saveModel,
  loadModelFiles,
  metricsOf,
  recordMetrics,
  checkAlignment,
  type ModelCard,
  type ModelFiles,
  type ModelMetrics,
} from './model-files.js';
export { createEmbedder, cosineSimilarity, meanEmbedding, type Embedder, type EmbedderOptions } from './embedder.js';
export { verify, type VerifyOptions } from './verify.js';
export { holdOut, drawPairs, peopleOf, type Pair } from './held-out.js';
export { drawFoldedPairs } from './folded-pairs.js';
export { fitPixels } from './resize.js';
