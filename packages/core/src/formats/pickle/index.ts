/** Reads pickles, those of numpy arrays among them, without running anything; nothing in it needs Node. */
export { unpickle, unpickleFirst, type Unpickled, type UnpickleOptions } from './unpickle.js';
export {
  isTyped as isNumpyArray,
  PickleGlobal,
  PickleObject,
  type Fail,
  type Item as PickleItem,
  type NumpyArray,
} from './items.js';
