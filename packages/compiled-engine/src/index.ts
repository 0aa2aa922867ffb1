export { openCompiledEngine, type CompiledEngineOptions } from './engine.js';
export { CompiledExecutable, type ExecutableHooks } from './executable.js';
export type { Compiled, CompileRequest, Runner } from './runner.js';
export type { Results, Target } from './target.js';
export { hasOpenAxes, specsOf, type Specs } from './values.js';
