/** What stands on the stack of the pickle reader: values, and what exists only while they are being made. */
import { brand } from '../../values/brand.js';

/** Values of a numpy array, row-major; booleans are bytes of 0 and 1. */
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

/** Ends the reading with a `FacewrightError`. */
export type Fail = (why: string) => never;

/** One of the few globals that a pickle may name, and what a call of it gives. */
export class PickleGlobal {
  static {
    brand(this, 'PickleGlobal');
  }

  constructor(readonly call: (args: readonly Item[], fail: Fail) => Item) {}
}

/** An object that is made first and filled by a state later. */
export abstract class PickleObject {
  static {
    brand(this, 'PickleObject');
  }

  abstract setState(state: readonly Item[], fail: Fail): void;
  /** What it stands for in the result; `undefined` while it is unfinished, or where it stands for nothing. */
  abstract readonly value: Item;
}

/** Whether an item is an array of numbers. */
export const isTyped = (item: unknown): item is NumpyArray =>
  typeof item === 'object' && item !== null && 'shape' in item && 'data' in item;
