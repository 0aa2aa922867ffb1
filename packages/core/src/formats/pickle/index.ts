/** Reads pickles, including numpy arrays, without executing anything. Does not need Node. */
export { unpickle, unpickleFirst, type Unpickled, type UnpickleOptions } from './unpickle.js';
export {
  isTyped as isNumpyArray,
  PickleGlobal,
  PickleObject,
  type Fail,
  type Item as PickleItem,
  type NumpyArray,
} from './items.js';
