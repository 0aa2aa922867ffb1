/**
 * Reads Python pickles, protocols 0 to 5. It builds dictionaries, lists, tuples, strings, bytes, numbers, numpy arrays and whatever globals the
 * caller allows. Any other global is an error. It never runs code, and checks sizes against the size of the input. Opcodes as in CPython's
 * pickletools. Bytes are views of the input.
 */
import { FacewrightError } from '../../values/errors.js';
import { latin1Bytes, latin1Text } from '../latin1.js';
import { GLOBALS } from './globals.js';
import { isTyped, MARK, PickleGlobal, PickleObject, type Fail, type Item, type NumpyArray } from './items.js';

export type Unpickled =
  null | boolean | number | string | Uint8Array | NumpyArray | readonly Unpickled[] | Map<Unpickled, Unpickled>;

export interface UnpickleOptions {
  /** Globals that the pickle may use besides numpy's, keyed by `module name`. */
  readonly globals?: ReadonlyMap<string, PickleGlobal>;
  /** Resolves a persistent id. Without it, a pickle with persistent ids is an error. */
  readonly persistent?: (id: Item, fail: Fail) => Item;
  /** Advice for the error if the pickle cannot be read. */
  readonly todo?: string;
}

/** Throws a `FacewrightError` with `where` if the pickle is damaged or not allowed. */
export function unpickle(bytes: Uint8Array, where: string, options?: UnpickleOptions): Unpickled {
  return unpickleFirst(bytes, where, options).value;
}

/** Reads the first of several consecutive pickles; `end` is the offset of the next one. */
export function unpickleFirst(
  bytes: Uint8Array,
  where: string,
  options: UnpickleOptions = {},
): { value: Unpickled; end: number } {
  const machine = new Machine(bytes, where, options);
  const value = machine.run();
  return { value, end: machine.end };
}

const MAX_DEPTH = 100;
/** Work budget. A call may take time proportional to its arguments, and many calls can share one long string. Pickles written by Python need less than 4 per byte. */
const WORK_PER_BYTE = 8;
const LEAST_WORK = 1 << 16;

const LETTERS: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
};

/** Groups of `escapes`: hexadecimal digits; octal digits for bytes or hexadecimal ones for text; a letter such as n for a newline. */
function unescaped(text: string, escapes: RegExp): string {
  return text.replace(escapes, (whole, hex?: string, other?: string, letter?: string) => {
    if (typeof letter === 'string') return LETTERS[letter] ?? whole; // Python keeps unknown escapes unchanged
    if (hex !== undefined) return String.fromCharCode(parseInt(hex, 16));
    const code = parseInt(other!, whole.startsWith('\\U') ? 16 : 8);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

function sizeOf(item: Item): number {
  if (typeof item === 'string' || item instanceof Uint8Array || Array.isArray(item)) return item.length;
  return item instanceof Map ? item.size : 1;
}

class Machine {
  private at = 0;
  private readonly stack: Item[] = [];
  private readonly memo = new Map<number, Item>();
  private values = 0;
  private work = 0;
  private readonly bytes: Uint8Array;
  private readonly view: DataView;

  constructor(
    bytes: Uint8Array,
    private readonly where: string,
    private readonly options: UnpickleOptions,
  ) {
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength); // not a Buffer, or else its slices would be Buffers
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get end(): number {
    return this.at;
  }

  run(): Unpickled {
    for (;;) {
      const opcode = this.take(1)[0];
      if (opcode === 0x2e) return this.finished(this.pop(), new Set()); // STOP
      this.step(opcode);
    }
  }

  /** Opcodes that push a constant, a number, a string or bytes. */
  private step(opcode: number): void {
    switch (opcode) {
      case 0x80:
        return this.protocol(this.take(1)[0]);
      case 0x95:
        return void this.take(8); // FRAME
      case 0x28:
        return this.push(MARK);
      case 0x30:
        return void this.pop();
      case 0x4e:
        return this.push(null);
      case 0x88:
        return this.push(true);
      case 0x89:
        return this.push(false);
      case 0x4b:
        return this.push(this.take(1)[0]); // BININT1
      case 0x4d:
        return this.push(this.unsigned(2)); // BININT2
      case 0x4a:
        return this.push(this.view.getInt32(this.skip(4), true)); // BININT
      case 0x8a:
        return this.push(this.long(this.take(1)[0])); // LONG1
      case 0x47:
        return this.push(this.view.getFloat64(this.skip(8), false)); // BINFLOAT
      case 0x58:
        return this.push(this.text(this.unsigned(4))); // BINUNICODE
      case 0x8c:
        return this.push(this.text(this.unsigned(1))); // SHORT_BINUNICODE
      case 0x8d:
        return this.push(this.text(this.unsigned(8))); // BINUNICODE8
      case 0x42: // BINBYTES
      case 0x54:
        return this.push(this.take(this.unsigned(4))); // BINSTRING
      case 0x43: // SHORT_BINBYTES
      case 0x55:
        return this.push(this.take(this.unsigned(1))); // SHORT_BINSTRING
      case 0x8e: // BINBYTES8
      case 0x96:
        return this.push(this.take(this.unsigned(8))); // BYTEARRAY8
      default:
        return this.structureStep(opcode);
    }
  }

  /** Opcodes that build containers, use the memo, or call a global. */
  private structureStep(opcode: number): void {
    switch (opcode) {
      case 0x7d:
        return this.push(new Map<Item, Item>());
      case 0x5d:
        return this.push([]);
      case 0x29:
        return this.push([]); // EMPTY_TUPLE
      case 0x85:
        return this.push(this.popMany(1));
      case 0x86:
        return this.push(this.popMany(2));
      case 0x87:
        return this.push(this.popMany(3));
      case 0x74:
        return this.push(this.popToMark()); // TUPLE
      case 0x61:
        return this.append([this.pop()]);
      case 0x65:
        return this.append(this.popToMark());
      case 0x73:
        return this.setItems(this.popMany(2));
      case 0x75:
        return this.setItems(this.popToMark());
      case 0x71:
        return void this.memo.set(this.take(1)[0], this.top()); // BINPUT
      case 0x72:
        return void this.memo.set(this.unsigned(4), this.top()); // LONG_BINPUT
      case 0x94:
        return void this.memo.set(this.memo.size, this.top()); // MEMOIZE
      case 0x68:
        return this.push(this.recall(this.take(1)[0]));
      case 0x6a:
        return this.push(this.recall(this.unsigned(4)));
      case 0x63:
        return this.push(this.global(this.line(), this.line()));
      case 0x93:
        return this.push(this.stackGlobal());
      case 0x51:
        return this.push(this.persistent(this.pop())); // BINPERSID
      case 0x52: // REDUCE
      case 0x81:
        return this.reduce(); // NEWOBJ
      case 0x62:
        return this.build();
      default:
        return this.textStep(opcode);
    }
  }

  /** Opcodes of protocols 0 and 1 (Python 2), which store numbers, strings and memo keys as lines of text. */
  private textStep(opcode: number): void {
    switch (opcode) {
      case 0x49:
        return this.push(this.integer(this.line())); // INT
      case 0x4c:
        return this.push(this.integer(this.line().replace(/L$/, ''))); // LONG
      case 0x46:
        return this.push(Number(this.line())); // FLOAT
      case 0x53:
        return this.push(this.quoted(this.line())); // STRING
      case 0x56:
        return this.push(unescaped(this.line(), /\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})/g)); // UNICODE
      case 0x70:
        return void this.memo.set(this.key(), this.top()); // PUT
      case 0x67:
        return this.push(this.recall(this.key())); // GET
      case 0x64:
        return this.dictionary(this.popToMark()); // DICT
      case 0x6c:
        return this.push(this.popToMark()); // LIST
      case 0x31:
        return void this.popToMark(); // POP_MARK
      case 0x32:
        return this.push(this.top()); // DUP
      case 0x50: // PERSID
        return this.fail(
          'it was written with protocol 0, which has references as text; write it again with protocol 2',
        );
      default:
        this.fail(`the opcode 0x${opcode.toString(16)} is not allowed`);
    }
  }

  private readonly fail = (why: string): never => {
    throw new FacewrightError({
      what: `Cannot read the pickle: ${why} (byte ${this.at}).`,
      where: this.where,
      todo: this.options.todo,
    });
  };

  private skip(count: number): number {
    if (this.at + count > this.bytes.length) this.fail(`it ends too early: ${count} more bytes were expected`);
    const at = this.at;
    this.at += count;
    return at;
  }
  private take(count: number): Uint8Array {
    const from = this.skip(count);
    return this.bytes.subarray(from, from + count);
  }
  private unsigned(size: 1 | 2 | 4 | 8): number {
    const at = this.skip(size);
    if (size === 1) return this.bytes[at];
    if (size === 2) return this.view.getUint16(at, true);
    if (size === 4) return this.view.getUint32(at, true);
    return Number(this.view.getBigUint64(at, true)); // a length that is too large stays too large when rounded
  }
  private long(size: number): number {
    const digits = this.take(size);
    let value = 0n;
    for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(digits[i]);
    const number = Number(BigInt.asIntN(size * 8, value));
    return Number.isSafeInteger(number) ? number : this.fail('an integer is too large');
  }
  private text(length: number): string {
    const bytes = this.take(length);
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      return this.fail('a string is not UTF-8');
    }
  }
  private line(): string {
    const end = this.bytes.indexOf(10, this.at);
    if (end < 0) this.fail('a name is not terminated');
    const text = latin1Text(this.bytes.subarray(this.at, end));
    this.at = end + 1;
    return text;
  }

  private integer(digits: string): number | boolean {
    if (digits === '00' || digits === '01') return digits === '01';
    const value = /^-?\d{1,16}$/.test(digits) ? Number(digits) : NaN;
    return Number.isSafeInteger(value) ? value : this.fail('an integer is too large or malformed');
  }
  private key(): number {
    return this.integer(this.line()) as number;
  }
  /** Parses Python's repr of a byte string. */
  private quoted(text: string): Uint8Array {
    if (!/^(['"])[^]*\1$/.test(text) || text.length < 2) return this.fail('a string is not quoted');
    return latin1Bytes(unescaped(text.slice(1, -1), /\\(?:x([0-9a-fA-F]{2})|([0-7]{1,3})|([^]))/g));
  }
  private dictionary(items: Item[]): void {
    this.push(new Map<Item, Item>());
    this.setItems(items);
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
    if (!this.memo.has(key)) this.fail(`there is no memo entry ${key}`);
    return this.memo.get(key);
  }
  private append(items: Item[]): void {
    const list = this.top();
    if (!Array.isArray(list)) return this.fail('it appends to something that is not a list');
    for (const item of items) list.push(item);
  }
  private setItems(items: Item[]): void {
    const map = this.top();
    if (!(map instanceof Map) || items.length % 2)
      return this.fail('it sets an item in something that is not a dictionary');
    for (let i = 0; i < items.length; i += 2) map.set(items[i], items[i + 1]);
  }

  private protocol(version: number): void {
    if (version > 5) this.fail(`protocol ${version} is not one of 0 to 5`);
  }
  private global(module: string, name: string): PickleGlobal {
    return (
      this.options.globals?.get(`${module} ${name}`) ??
      GLOBALS.get(`${module} ${name}`) ??
      this.fail(`it asks for “${module}.${name}”, which is not allowed`)
    );
  }
  private stackGlobal(): PickleGlobal {
    const [module, name] = this.popMany(2);
    return typeof module === 'string' && typeof name === 'string'
      ? this.global(module, name)
      : this.fail('a global has no name');
  }
  private persistent(id: Item): Item {
    if (!this.options.persistent) return this.fail('it refers to something outside itself');
    this.spend([id]);
    return this.options.persistent(id, this.fail);
  }
  /** Charges the sizes of these items to the budget of the file. Call it before building anything from them. */
  private spend(items: readonly Item[]): void {
    this.work += items.length + items.reduce((sum: number, item) => sum + sizeOf(item), 0);
    if (this.work > LEAST_WORK + WORK_PER_BYTE * this.bytes.length)
      this.fail('it builds far more data than it contains, by reusing the same parts');
  }
  private reduce(): void {
    const [callable, args] = this.popMany(2);
    if (!(callable instanceof PickleGlobal)) return this.fail('it calls something that must not be called');
    if (!Array.isArray(args)) return this.fail('a call has no arguments');
    this.spend(args);
    this.push(callable.call(args, this.fail));
  }
  private build(): void {
    const state = this.pop();
    const object = this.top();
    // attributes that PyTorch sets on an OrderedDict; not part of the value
    if (object instanceof Map && state instanceof Map) return;
    if (!Array.isArray(state)) return this.fail('a state is not a tuple');
    if (!(object instanceof PickleObject)) return this.fail('it sets the state of something that has none');
    this.spend(state);
    object.setState(state, this.fail);
  }

  /**
   * Replaces objects under construction by their values. Nested lists recalled many times from the memo would expand exponentially, so the
   * number of values is limited to the number of bytes. A value that contains itself is an error.
   */
  private finished(item: Item, inside: Set<Item>): Unpickled {
    if (++this.values > this.bytes.length) this.fail('it expands to more values than it has bytes');
    if (
      item === null ||
      typeof item === 'boolean' ||
      typeof item === 'number' ||
      typeof item === 'string' ||
      item instanceof Uint8Array ||
      isTyped(item)
    )
      return item;
    if (inside.size > MAX_DEPTH || inside.has(item)) this.fail('it contains itself or is nested too deeply');
    inside.add(item);
    const value = this.whole(item, inside);
    inside.delete(item);
    return value;
  }
  private whole(item: Item, inside: Set<Item>): Unpickled {
    if (Array.isArray(item)) return item.map((inner) => this.finished(inner, inside));
    if (item instanceof Map)
      return new Map([...item].map(([key, value]) => [this.finished(key, inside), this.finished(value, inside)]));
    const value = item instanceof PickleObject ? item.value : undefined;
    return value === undefined ? this.fail('it contains an unfinished object') : this.finished(value, inside);
  }
}
