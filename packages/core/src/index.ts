export * from './values/image.js';
export * from './values/face.js';
export * from './values/photo-limits.js';
export * from './random.js';
export * from './contracts/reader.js';
export * from './contracts/detector.js';
export * from './contracts/aligner.js';
export * from './contracts/augmenter.js';
export * from './values/dataset.js';
export { originals, requireSample, sampleAt, sampleColumns } from './values/sample-columns.js';
export * from './values/tensors.js';
export * from './formats/raw-numbers.js';
export * from './values/release.js';
export * from './formats/safetensors.js';
export * from './engine/kernels.js';
export * from './contracts/model.js';
export * from './contracts/loss.js';
export * from './contracts/optimiser.js';
export * from './contracts/criterion.js';
export * from './contracts/backend.js';
export * from './contracts/cluster.js';
export * from './engine/eager-engine.js';
export * from './engine/ops/index.js';
export * from './values/brand.js';
export * from './values/count-of.js';
export * from './values/errors.js';
export * from './values/too-few-people.js';
export type * from './values/evaluation.js';
export * from './values/events.js';
export * from './formats/join-bytes.js';
export * from './formats/latin1.js';
export * from './contracts/logger.js';
export * from './plugin/schema.js';
export {
  accuracyRule,
  BESIDE_THE_RECIPE,
  freezeRule,
  guardRule,
  initRule,
  parseRunConfig,
  runConfigJsonSchema,
  plateauRule,
  scheduleRule,
  SEED_TIERS,
  stageConfig,
  tierRule,
  untilRule,
  type AccuracyRule,
  type FreezeRule,
  type InitRule,
  type PlateauRule,
  type RunConfig,
  type RunConfigInput,
  type ScheduleRule,
  type StageConfig,
  type TierRule,
  type UntilRule,
} from './config/config.js';
export { defineConfig } from './config/define-config.js';
export * from './plugin/known-plugins.js';
export * from './plugin/names.js';
export * from './plugin/make-part.js';
export { inject, type PartClass } from './plugin/part-class.js';
export * from './plugin/plugin.js';
export * from './plugin/find-plugin.js';
export * from './plugin/tokens.js';
export * from './plugin/container.js';
