import './telemetry.js';
export { onnx, onnx as default } from './plugin.js';
export { openOnnxEngine, type LoweringChoice, type OnnxEngine, type OnnxEngineOptions } from './engine.js';
export { lower, type LoweredModel, type LowerOptions } from './lowering/lower.js';
export { planStep } from './session/compile.js';
export type { StepMemory } from './lowering/memory.js';
export { availableBytes } from './session/available-memory.js';
export { exportOnnx, type ExportOptions } from './export.js';
export { openOnnxModel, type ModelSession } from './session/model-session.js';
