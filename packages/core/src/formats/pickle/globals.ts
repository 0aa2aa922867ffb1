/** The globals a pickle may use: the ones needed for numpy arrays, numpy scalars and bytes. */
import { latin1Bytes, latin1Text } from '../latin1.js';
import { PickleGlobal, PickleObject, type Fail, type Item, type NumpyArray } from './items.js';

/** A numpy dtype: one of `TYPES`, or object. */
class Dtype extends PickleObject {
  private order = '|';
  readonly value = undefined;
  constructor(readonly kind: string) {
    super();
  }
  setState([, order]: readonly Item[]): void {
    this.order = textOf(order) ?? '|';
  }
  /** Decodes `count` values from the bytes. */
  read(bytes: Item, count: number, fail: Fail): NumpyArray['data'] {
    const type = TYPES.get(this.kind) ?? fail(`arrays of type “${this.kind}” are not supported`);
    if (this.order === '>') fail('an array is not little-endian');
    if (!(bytes instanceof Uint8Array) || bytes.length !== count * type.BYTES_PER_ELEMENT)
      return fail('the bytes of an array do not match its shape');
    return type === Uint8Array ? bytes : new type(new Uint8Array(bytes).buffer); // a copy, because the bytes may be unaligned
  }
}

const TYPES = new Map<string, Float32ArrayConstructor | Float64ArrayConstructor | Uint8ArrayConstructor>([
  ['f4', Float32Array],
  ['f8', Float64Array],
  ['u1', Uint8Array],
  ['b1', Uint8Array],
]);

/** Created empty, then filled from numpy's state: version, shape, dtype, column-major flag, bytes or list. */
class PendingArray extends PickleObject {
  value: Item = undefined;
  setState([, shape, dtype, columnMajor, content]: readonly Item[], fail: Fail): void {
    if (this.value !== undefined) fail('an array is filled twice');
    if (!(dtype instanceof Dtype)) return fail('an array has no type');
    if (dtype.kind.startsWith('O')) {
      if (!Array.isArray(content) || content.length !== 1) return fail('an array of objects has more than one element');
      this.value = content[0];
      return;
    }
    this.value = arrayOf(shape, dtype, columnMajor === true || columnMajor === 1, content, fail);
  }
}

function arrayOf(shape: Item, dtype: Dtype, columnMajor: boolean, content: Item, fail: Fail): NumpyArray {
  const sides = sidesOf(shape) ?? fail('an array has no shape');
  // numpy marks one-dimensional arrays as both row- and column-major
  if (columnMajor && sides.filter((side) => side > 1).length > 1) fail('an array is not row-major');
  return {
    shape: sides,
    data: dtype.read(
      content,
      sides.reduce((product, side) => product * side, 1),
      fail,
    ),
  };
}

const sidesOf = (shape: Item): readonly number[] | undefined =>
  Array.isArray(shape) && shape.every((side) => typeof side === 'number' && Number.isSafeInteger(side) && side >= 0)
    ? (shape as number[])
    : undefined;

/** numpy stores names as strings, or as bytes if Python 2 wrote them. */
function textOf(item: Item): string | undefined {
  if (typeof item === 'string') return item;
  return item instanceof Uint8Array ? latin1Text(item) : undefined;
}

/** Protocol 2 has no bytes type. It stores a latin-1 string and a call that encodes it. */
function latin1(text: Item, encoding: Item): Uint8Array | undefined {
  if (typeof text !== 'string' || (encoding !== 'latin1' && encoding !== 'latin-1')) return undefined;
  const bytes = latin1Bytes(text);
  return latin1Text(bytes) === text ? bytes : undefined;
}

const wrongArguments = (name: string, fail: Fail): never => fail(`“${name}” is called with the wrong arguments`);

const reconstruct = new PickleGlobal(() => new PendingArray());
const dtype = new PickleGlobal(([kind], fail) => new Dtype(textOf(kind) ?? wrongArguments('dtype', fail)));
/** Only used as an argument of the others. */
const ndarray = new PickleGlobal((_, fail) => wrongArguments('ndarray', fail));
const encode = new PickleGlobal(([text, encoding], fail) => latin1(text, encoding) ?? wrongArguments('encode', fail));
const bytes = new PickleGlobal(([content, encoding], fail) => {
  if (content === undefined) return new Uint8Array();
  if (content instanceof Uint8Array) return content;
  return latin1(content, encoding) ?? wrongArguments('bytes', fail);
});
const fromBuffer = new PickleGlobal(([content, type, shape, order], fail) =>
  type instanceof Dtype ? arrayOf(shape, type, order === 'F', content, fail) : wrongArguments('_frombuffer', fail),
);
const scalar = new PickleGlobal(([type, content], fail) => {
  if (!(type instanceof Dtype)) return wrongArguments('scalar', fail);
  const [number] = type.read(content, 1, fail);
  return type.kind === 'b1' ? number !== 0 : number;
});

export const GLOBALS: ReadonlyMap<string, PickleGlobal> = new Map([
  ...['numpy.core', 'numpy._core'].flatMap((core): [string, PickleGlobal][] => [
    [`${core}.multiarray _reconstruct`, reconstruct],
    [`${core}.multiarray scalar`, scalar],
    [`${core}.numeric _frombuffer`, fromBuffer],
  ]),
  ['numpy ndarray', ndarray],
  ['numpy dtype', dtype],
  ['_codecs encode', encode],
  ...['__builtin__', 'builtins'].flatMap((module): [string, PickleGlobal][] => [
    [`${module} bytes`, bytes],
    [`${module} bytearray`, bytes],
  ]),
]);
