export * from './graph.js';
export { capture, type CaptureOptions, type Signature } from './capture.js';
export { CAPTURE_BACKEND } from './recorder.js';
export { interpret } from './interpret.js';
export { lives, memoryNeed, plainMemory, type Life, type MemoryModel, type MemoryNeed } from './lives.js';
export * from './passes/index.js';
export { printGraph } from './print.js';
export { CAPTURED_OPS } from './rules/index.js';
