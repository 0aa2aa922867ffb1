export { openCompiledEngine, type CompiledEngineOptions } from './engine.js';
export { CompiledExecutable, type ExecutableHooks } from './executable.js';
export { FULL_PRECISION, mixedPrecision, type MixedPrecision } from './precision.js';
export { bilinearMatrix, nearestMatrix, nearestPixels, type ResizeMatrix } from './resize.js';
export type { Compiled, CompileRequest, Runner } from './runner.js';
export type { Results, Target } from './target.js';
export { hasOpenAxes, specsOf, type InputSpecs, type Specs } from './values.js';
