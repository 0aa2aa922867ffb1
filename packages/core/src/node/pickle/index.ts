/** Reads pickled numpy arrays without running anything; nothing in it needs Node. */
export { unpickle, type Unpickled } from './unpickle.js';
export { isTyped as isNumpyArray, type NumpyArray } from './items.js';
