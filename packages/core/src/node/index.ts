export * from './atomic.js';
export * from './image-file.js';
export * from './jpeg-encoder.js';
export * from './load-plugin.js';
export * from './config-file.js';
export { unpickle, type Unpickled } from './pickle/unpickle.js';
export { isTyped as isNumpyArray, type NumpyArray } from './pickle/items.js';
