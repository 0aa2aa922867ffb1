export { testAligner, type AlignerSuiteOptions } from './aligner.js';
export { testAugmenter, type AugmenterSuiteOptions } from './augmenter.js';
export { testDetector, type DetectorPhoto, type DetectorSuiteOptions } from './detector.js';
export { testLoss, type LossSuiteOptions } from './loss.js';
export { testModel, type ModelSuiteOptions } from './model.js';
export { testOptimiser, type OptimiserSuiteOptions } from './optimiser.js';
export { testReader, type ReaderSuiteOptions } from './reader.js';
export { openEngine, testContext, type ContextOptions, type EngineSource } from './support/context.js';
export type { Skip, Subject, SuiteOptions } from './support/suite.js';
