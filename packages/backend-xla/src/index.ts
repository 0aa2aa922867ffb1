export { openXlaEngine, type XlaEngineOptions } from './engine.js';
export { xla, xla as default } from './plugin.js';
