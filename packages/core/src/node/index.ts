export * from './atomic.js';
export * from './image-file.js';
export * from './jpeg-encoder.js';
export * from './load-plugin.js';
export * from './config-file.js';
export { unpickle, unpickleFirst, type Unpickled, type UnpickleOptions } from './pickle/unpickle.js';
export { isTyped as isNumpyArray, PickleGlobal, PickleObject, type Fail, type Item as PickleItem, type NumpyArray } from './pickle/items.js';
