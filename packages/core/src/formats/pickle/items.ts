/** Items on the stack of the pickle reader: finished values, and objects under construction. */
import { brand } from '../../values/brand.js';

/** A numpy array, row-major. Booleans are bytes, 0 or 1. */
export interface NumpyArray {
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array | Int32Array | Uint8Array;
}

export const MARK = Symbol('mark');
export type Item =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | NumpyArray
  | Item[]
  | Map<Item, Item>
  | PickleGlobal
  | PickleObject
  | typeof MARK
  | undefined;

/** Stops reading with a `FacewrightError`. */
export type Fail = (why: string) => never;

/** A global that pickles may use. `call` returns the result of calling it. */
export class PickleGlobal {
  static {
    brand(this, 'PickleGlobal');
  }

  constructor(readonly call: (args: readonly Item[], fail: Fail) => Item) {}
}

/** An object that is created first and gets its state later (`BUILD`). */
export abstract class PickleObject {
  static {
    brand(this, 'PickleObject');
  }

  abstract setState(state: readonly Item[], fail: Fail): void;
  /** The value in the result; `undefined` while it is unfinished or if it has none. */
  abstract readonly value: Item;
}

/** Whether an item is an array of numbers. */
export const isTyped = (item: unknown): item is NumpyArray =>
  typeof item === 'object' && item !== null && 'shape' in item && 'data' in item;
