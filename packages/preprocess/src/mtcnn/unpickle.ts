/**
 * A reader of Python pickles (protocols 2 to 4) that builds dictionaries, lists, tuples, strings, bytes, numbers and numpy float arrays, and
 * nothing else: any other global is refused, nothing is ever called, and sizes are checked against the bytes that are there. It is written
 * for `np.save` files of weights; opcodes as in CPython's pickletools.
 */
import { FacewrightError } from '@facewright/core';

/** A numpy array of float32 or float64, row-major. */
export interface NumpyArray {
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array;
}
export type Unpickled = null | boolean | number | string | Uint8Array | NumpyArray | readonly Unpickled[] | Map<Unpickled, Unpickled>;

/** Values that exist only while reading: the four globals a numpy array is made of, and what they make. */
type Global = { readonly global: 'reconstruct' | 'ndarray' | 'dtype' | 'encode' };
interface Dtype { readonly dtype: string; order: string }
interface ArrayInMaking { array: NumpyArray | Unpickled | undefined }
const MARK = Symbol('mark');
type Item = Unpickled | Item[] | Map<Item, Item> | Global | Dtype | ArrayInMaking | typeof MARK | undefined;

const GLOBALS: Readonly<Record<string, Global>> = {
  'numpy.core.multiarray _reconstruct': { global: 'reconstruct' },
  'numpy._core.multiarray _reconstruct': { global: 'reconstruct' },
  'numpy ndarray': { global: 'ndarray' },
  'numpy dtype': { global: 'dtype' },
  '_codecs encode': { global: 'encode' },
};

/** Lists of lists that are remembered once and recalled many times would unfold without end. */
const MAX_VALUES = 100_000;

/** Throws a `FacewrightError` naming `where` for anything it does not understand or will not build. */
export function unpickle(bytes: Uint8Array, where: string): Unpickled {
  const reader = new Reader(bytes, where);
  return reader.read();
}

class Reader {
  private at = 0;
  private readonly stack: Item[] = [];
  private readonly memo = new Map<number, Item>();
  private values = 0;
  private readonly view: DataView;

  constructor(private readonly bytes: Uint8Array, private readonly where: string) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  read(): Unpickled {
    for (;;) {
      const opcode = this.take(1)[0];
      if (opcode === 0x2e) return this.finished(this.pop()); // STOP
      this.step(opcode);
    }
  }

  private step(opcode: number): void {
    switch (opcode) {
      case 0x80: return this.protocol(this.take(1)[0]);
      case 0x95: return void this.take(8); // FRAME
      case 0x28: return this.push(MARK);
      case 0x30: return void this.pop();
      case 0x4e: return this.push(null);
      case 0x88: return this.push(true);
      case 0x89: return this.push(false);
      case 0x4b: return this.push(this.take(1)[0]); // BININT1
      case 0x4d: return this.push(this.unsigned(2)); // BININT2
      case 0x4a: return this.push(this.view.getInt32(this.skip(4), true)); // BININT
      case 0x8a: return this.push(this.long(this.take(1)[0])); // LONG1
      case 0x47: return this.push(this.view.getFloat64(this.skip(8), false)); // BINFLOAT
      case 0x58: return this.push(this.text(this.unsigned(4))); // BINUNICODE
      case 0x8c: return this.push(this.text(this.take(1)[0])); // SHORT_BINUNICODE
      case 0x42: return this.push(new Uint8Array(this.take(this.unsigned(4)))); // BINBYTES
      case 0x43: return this.push(new Uint8Array(this.take(this.take(1)[0]))); // SHORT_BINBYTES
      case 0x54: return this.push(new Uint8Array(this.take(this.unsigned(4)))); // BINSTRING
      case 0x55: return this.push(new Uint8Array(this.take(this.take(1)[0]))); // SHORT_BINSTRING
      case 0x7d: return this.push(new Map<Item, Item>());
      case 0x5d: return this.push([]);
      case 0x29: return this.push([]); // EMPTY_TUPLE
      case 0x85: return this.push(this.popMany(1));
      case 0x86: return this.push(this.popMany(2));
      case 0x87: return this.push(this.popMany(3));
      case 0x74: return this.push(this.popToMark()); // TUPLE
      case 0x61: return this.append([this.pop()]);
      case 0x65: return this.append(this.popToMark());
      case 0x73: return this.setItems(this.popMany(2));
      case 0x75: return this.setItems(this.popToMark());
      case 0x71: return void this.memo.set(this.take(1)[0], this.top()); // BINPUT
      case 0x72: return void this.memo.set(this.unsigned(4), this.top()); // LONG_BINPUT
      case 0x94: return void this.memo.set(this.memo.size, this.top()); // MEMOIZE
      case 0x68: return this.push(this.recall(this.take(1)[0]));
      case 0x6a: return this.push(this.recall(this.unsigned(4)));
      case 0x63: return this.push(this.global(this.line(), this.line()));
      case 0x93: return this.push(this.stackGlobal());
      case 0x52: return this.reduce();
      case 0x62: return this.build();
      default: this.fail(`the opcode 0x${opcode.toString(16)} is not one of those it may hold`);
    }
  }

  private fail(why: string): never {
    throw new FacewrightError({ what: `The pickle cannot be read: ${why} (byte ${this.at}).`, where: this.where });
  }

  private skip(count: number): number {
    if (this.at + count > this.bytes.length) this.fail(`it ends early, ${count} more bytes were expected`);
    const at = this.at;
    this.at += count;
    return at;
  }
  private take(count: number): Uint8Array {
    const from = this.skip(count);
    return this.bytes.subarray(from, from + count);
  }
  private unsigned(size: 2 | 4): number {
    const at = this.skip(size);
    return size === 2 ? this.view.getUint16(at, true) : this.view.getUint32(at, true);
  }
  private long(size: number): number {
    const digits = this.take(size);
    let value = 0n;
    for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(digits[i]);
    const number = Number(BigInt.asIntN(size * 8, value));
    return Number.isSafeInteger(number) ? number : this.fail('a whole number is too large');
  }
  private text(length: number): string {
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(this.take(length));
    } catch (error) {
      if (error instanceof FacewrightError) throw error;
      return this.fail('a string is not UTF-8');
    }
  }
  private line(): string {
    const end = this.bytes.indexOf(10, this.at);
    if (end < 0) this.fail('a name does not end');
    const text = Buffer.from(this.bytes.subarray(this.at, end)).toString('latin1');
    this.at = end + 1;
    return text;
  }

  private push(item: Item): void {
    this.stack.push(item);
  }
  private pop(): Item {
    if (this.stack.length === 0) this.fail('its stack is empty');
    return this.stack.pop();
  }
  private top(): Item {
    if (this.stack.length === 0) this.fail('its stack is empty');
    return this.stack[this.stack.length - 1];
  }
  private popMany(count: number): Item[] {
    if (this.stack.length < count) this.fail('its stack is empty');
    return this.stack.splice(this.stack.length - count);
  }
  private popToMark(): Item[] {
    const mark = this.stack.lastIndexOf(MARK);
    if (mark < 0) this.fail('a mark is missing');
    const items = this.stack.splice(mark + 1);
    this.stack.pop();
    return items;
  }
  private recall(key: number): Item {
    if (!this.memo.has(key)) this.fail(`nothing is remembered as ${key}`);
    return this.memo.get(key);
  }
  private append(items: Item[]): void {
    const list = this.top();
    if (!Array.isArray(list)) this.fail('something is appended to what is no list');
    for (const item of items) (list as Item[]).push(item);
  }
  private setItems(items: Item[]): void {
    const map = this.top();
    if (!(map instanceof Map) || items.length % 2) this.fail('an item is set in what is no dictionary');
    for (let i = 0; i < items.length; i += 2) (map as Map<Item, Item>).set(items[i], items[i + 1]);
  }

  private protocol(version: number): void {
    if (version < 2 || version > 4) this.fail(`protocol ${version} is not one of 2, 3 and 4`);
  }
  private global(module: string, name: string): Global {
    const key = `${module} ${name}`;
    if (!Object.hasOwn(GLOBALS, key)) this.fail(`it asks for “${module}.${name}”, which is refused`);
    return GLOBALS[key];
  }
  private stackGlobal(): Global {
    const [module, name] = this.popMany(2);
    return typeof module === 'string' && typeof name === 'string' ? this.global(module, name) : this.fail('a global has no name');
  }

  private reduce(): void {
    const [callable, args] = this.popMany(2);
    const called = isGlobal(callable) ? callable.global : this.fail('something is called that may not be');
    if (!Array.isArray(args)) this.fail('a call has no arguments');
    const list = args as Item[];
    if (called === 'reconstruct') return this.push({ array: undefined });
    if (called === 'dtype' && typeof list[0] === 'string') return this.push({ dtype: list[0], order: '|' });
    // protocol 2 has no bytes: they come as a latin-1 string with the instruction to encode it
    if (called === 'encode' && typeof list[0] === 'string' && (list[1] === 'latin1' || list[1] === 'latin-1')) return this.push(new Uint8Array(Buffer.from(list[0], 'latin1')));
    this.fail(`“${called}” is called with what it does not take`);
  }

  private build(): void {
    const state = this.pop();
    const object = this.top();
    if (!Array.isArray(state)) this.fail('a state is no tuple');
    const parts = state as Item[];
    if (isDtype(object)) {
      object.order = typeof parts[1] === 'string' ? parts[1] : '|';
    } else if (isArrayInMaking(object) && object.array === undefined) {
      object.array = this.array(parts);
    } else {
      this.fail('a state is given to what takes none');
    }
  }

  /** From numpy's (version, shape, dtype, column-major?, bytes or list). */
  private array([, shape, dtype, columnMajor, content]: Item[]): NumpyArray | Unpickled {
    if (!Array.isArray(shape) || !shape.every((side) => Number.isSafeInteger(side) && (side as number) >= 0)) this.fail('an array has no shape');
    if (!isDtype(dtype)) this.fail('an array has no type');
    const count = (shape as number[]).reduce((product, side) => product * side, 1);
    const { dtype: kind, order } = dtype as Dtype;
    if (kind.startsWith('O')) {
      if (count !== 1 || !Array.isArray(content) || content.length !== 1) this.fail('an array of objects holds more than one');
      return (content as Item[])[0] as Unpickled;
    }
    const width = kind === 'f4' ? 4 : kind === 'f8' ? 8 : this.fail(`arrays of type “${kind}” are refused`);
    if (order === '>' || columnMajor) this.fail('an array is not little-endian and row-major');
    if (!(content instanceof Uint8Array) || content.length !== count * width) this.fail('an array has not the bytes of its shape');
    const { buffer } = new Uint8Array(content as Uint8Array); // a copy, at the start of its own buffer
    return { shape: shape as number[], data: width === 4 ? new Float32Array(buffer as ArrayBuffer) : new Float64Array(buffer as ArrayBuffer) };
  }

  /** Puts finished arrays where they were being made; a value that holds itself, or unfolds into very many, is refused. */
  private finished(item: Item, inside: readonly Item[] = []): Unpickled {
    if (++this.values > MAX_VALUES) this.fail(`it holds more than ${MAX_VALUES} values`);
    if (inside.length > 100 || inside.includes(item)) this.fail('it holds itself, or is nested too deeply');
    if (item === null || typeof item === 'boolean' || typeof item === 'number' || typeof item === 'string' || item instanceof Uint8Array) return item;
    if (Array.isArray(item)) return (item as Item[]).map((inner) => this.finished(inner, [...inside, item]));
    if (item instanceof Map) return new Map([...(item as Map<Item, Item>)].map(([key, value]) => [this.finished(key, [...inside, item]), this.finished(value, [...inside, item])]));
    if (isArrayInMaking(item) && item.array !== undefined) return this.finished(item.array as Item, [...inside, item]);
    if (isNumpyArray(item)) return item;
    return this.fail('what it holds is unfinished');
  }
}

const isObject = (item: unknown): item is object => typeof item === 'object' && item !== null;
const isGlobal = (item: Item): item is Global => isObject(item) && 'global' in item;
const isDtype = (item: Item): item is Dtype => isObject(item) && 'dtype' in item;
const isArrayInMaking = (item: Item): item is ArrayInMaking => isObject(item) && 'array' in item;

/** Whether a value is an array of numbers. */
export const isNumpyArray = (item: unknown): item is NumpyArray => isObject(item) && 'shape' in item && 'data' in item;
