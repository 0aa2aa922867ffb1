export * from './atomic.js';
export * from './image-file.js';
export * from './jpeg-encoder.js';
export * from './load-plugin.js';
export * from './config-file.js';
