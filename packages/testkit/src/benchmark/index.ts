/** Benchmarks for plugins' authors: a part beside others of its kind, such as the built-in ones. They need no test runner. */
export { benchmarkAligner, benchmarkAugmenter, benchmarkDetector } from './images.js';
export { benchmarkBackend, benchmarkLoss, benchmarkModel, benchmarkOptimiser } from './training.js';
export { benchmarkCluster, benchmarkCriterion, benchmarkLogger, benchmarkReader } from './run.js';
export { formatFigures, measure, type BenchmarkOptions, type Candidate, type Figures } from './measure.js';
