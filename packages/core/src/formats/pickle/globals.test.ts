/** The globals that a pickle may use, called by hand-written opcodes: their results, and each way to misuse them. */
import { describe, expect, test } from 'vitest';
import { FacewrightError } from '../../values/errors.js';
import { unpickle } from './unpickle.js';

const read = (opcodes: string): unknown => unpickle(Buffer.from(`\x80\x02${opcodes}.`, 'latin1'), 'a pickle');
const refusal = (opcodes: string): string => {
  try {
    read(opcodes);
  } catch (error) {
    expect(error).toBeInstanceOf(FacewrightError);
    return (error as FacewrightError).what;
  }
  throw new Error('it was read');
};

const NONE = 'N';
const [TRUE, FALSE] = ['\x88', '\x89'];
const global = (module: string, name: string): string => `c${module}\n${name}\n`;
const small = (value: number): string => `K${String.fromCharCode(value)}`;
const bytes = (content: string): string => `U${String.fromCharCode(content.length)}${content}`;
const text = (content: string): string => {
  const utf8 = Buffer.from(content).toString('latin1');
  return `X${String.fromCharCode(utf8.length)}\0\0\0${utf8}`;
};
const tuple = (...items: string[]): string => `(${items.join('')}t`;
const call = (callable: string, ...args: string[]): string => `${callable}${tuple(...args)}R`;
const build = (object: string, ...state: string[]): string => `${object}${tuple(...state)}b`;

const dtype = (kind: string, order = '<'): string =>
  build(call(global('numpy', 'dtype'), bytes(kind), small(0), small(1)), small(3), bytes(order), NONE, NONE);
const emptyArray = call(
  global('numpy.core.multiarray', '_reconstruct'),
  global('numpy', 'ndarray'),
  tuple(small(0)),
  bytes('b'),
);
const array = (shape: string, type: string, columnMajor: string, content: string): string =>
  build(emptyArray, small(1), shape, type, columnMajor, content);

const F4 = '\0\0\x80\x3f\0\0\0\xc0'; // 1, −2
const pair = tuple(small(2));

describe('arrays', () => {
  test.each([
    ['f4', F4, Float32Array.of(1, -2)],
    ['f8', '\0\0\0\0\0\0\xf0\x3f\0\0\0\0\0\0\0\xc0', Float64Array.of(1, -2)],
    ['u1', '\x07\xff', Uint8Array.of(7, 255)],
    ['b1', '\x01\0', Uint8Array.of(1, 0)],
  ])('of type %s', (kind, content, data) => {
    expect(read(array(pair, dtype(kind), FALSE, bytes(content)))).toEqual({ shape: [2], data });
    expect(read(array(pair, dtype(kind, '|'), FALSE, bytes(content)))).toEqual({ shape: [2], data });
  });

  test('with other types or the other byte order are rejected', () => {
    expect(refusal(array(pair, dtype('i4'), FALSE, bytes(F4)))).toContain('arrays of type “i4” are not supported');
    expect(refusal(array(pair, dtype('f4', '>'), FALSE, bytes(F4)))).toContain('not little-endian');
  });

  test('must have exactly as many bytes as their shape needs', () => {
    for (const content of [F4.slice(1), `${F4}\0`, ''])
      expect(refusal(array(pair, dtype('f4'), FALSE, bytes(content)))).toContain('do not match its shape');
    expect(refusal(array(pair, dtype('f4'), FALSE, NONE))).toContain('do not match its shape');
    expect(read(array(tuple(small(0), small(3)), dtype('f4'), FALSE, bytes('')))).toEqual({
      shape: [0, 3],
      data: new Float32Array(),
    });
    expect(read(array(tuple(), dtype('u1'), FALSE, bytes('\x05')))).toEqual({ shape: [], data: Uint8Array.of(5) });
  });

  test('need a shape of integers and a type', () => {
    for (const shape of [
      NONE,
      small(2),
      tuple(NONE),
      tuple(bytes('2')),
      tuple('J\xff\xff\xff\xff'),
      tuple('G?\xf8\0\0\0\0\0\0'),
    ])
      expect(refusal(array(shape, dtype('f4'), FALSE, bytes(F4)))).toContain('an array has no shape');
    expect(refusal(array(pair, bytes('f4'), FALSE, bytes(F4)))).toContain('an array has no type');
  });

  test('are stored row by row; a single row or column matches both orders', () => {
    const [flat, square, row, column] = [
      pair,
      tuple(small(2), small(1), small(2)),
      tuple(small(1), small(2)),
      tuple(small(2), small(1)),
    ];
    for (const flag of [TRUE, small(1)]) {
      for (const shape of [flat, row, column])
        expect(read(array(shape, dtype('f4'), flag, bytes(F4)))).toMatchObject({});
      expect(refusal(array(square, dtype('u1'), flag, bytes('abcd')))).toContain('not row-major');
    }
    for (const flag of [FALSE, small(0)])
      expect(read(array(square, dtype('u1'), flag, bytes('\x01\x02\x03\x04')))).toEqual({
        shape: [2, 1, 2],
        data: Uint8Array.of(1, 2, 3, 4),
      });
  });

  test('with one object return the object', () => {
    expect(read(array(tuple(), dtype('O8', '|'), FALSE, `](${small(7)}e`))).toBe(7);
    expect(refusal(array(pair, dtype('O8', '|'), FALSE, `](${small(7)}${small(8)}e`))).toContain(
      'more than one element',
    );
    expect(refusal(array(tuple(), dtype('O8', '|'), FALSE, '}'))).toContain('more than one element');
  });

  test('must be filled exactly once', () => {
    const whole = array(pair, dtype('f4'), FALSE, bytes(F4));
    expect(refusal(build(whole, small(1), pair, dtype('f4'), FALSE, bytes(F4)))).toContain('filled twice');
    expect(refusal(emptyArray)).toContain('an unfinished object');
    expect(refusal(dtype('f4'))).toContain('an unfinished object');
  });

  test('can come from a buffer, as in protocol 5', () => {
    const make = (type: string, shape: string, order: string): string =>
      call(global('numpy._core.numeric', '_frombuffer'), bytes('abcd'), type, shape, bytes(order));
    const square = tuple(small(2), small(2));
    // numpy writes the order as text
    const ordered = (order: string): string =>
      call(global('numpy.core.numeric', '_frombuffer'), bytes('abcd'), dtype('u1'), square, text(order));
    expect(read(ordered('C'))).toEqual({ shape: [2, 2], data: Uint8Array.from(Buffer.from('abcd')) });
    expect(refusal(ordered('F'))).toContain('not row-major');
    expect(refusal(make(bytes('u1'), square, 'C'))).toContain('“_frombuffer” is called with the wrong arguments');
  });
});

describe('numbers of numpy', () => {
  const scalar = (type: string, content: string): string =>
    call(global('numpy._core.multiarray', 'scalar'), type, content);

  test('are numbers or booleans', () => {
    expect(read(scalar(dtype('f4'), bytes(F4.slice(4))))).toBe(-2);
    expect(read(scalar(dtype('u1'), bytes('\x02')))).toBe(2);
    expect(read(scalar(dtype('b1'), bytes('\x01')))).toBe(true);
    expect(read(scalar(dtype('b1'), bytes('\0')))).toBe(false);
  });

  test('need a type and one value', () => {
    expect(refusal(scalar(bytes('f4'), bytes(F4)))).toContain('“scalar” is called with the wrong arguments');
    expect(refusal(scalar(dtype('f4'), bytes(F4)))).toContain('do not match its shape');
  });

  test('a type needs a name', () => {
    expect(refusal(call(global('numpy', 'dtype'), small(4)))).toContain('“dtype” is called with the wrong arguments');
    expect(refusal(call(global('numpy', 'ndarray')))).toContain('“ndarray” is called with the wrong arguments');
  });
});

describe('bytes', () => {
  test.each(['latin1', 'latin-1'])('from text encoded as %s', (encoding) => {
    expect(read(call(global('_codecs', 'encode'), text('aÿ'), text(encoding)))).toEqual(Uint8Array.of(97, 255));
    expect(read(call(global('builtins', 'bytes'), text('aÿ'), text(encoding)))).toEqual(Uint8Array.of(97, 255));
  });

  test('can be empty or come from bytes', () => {
    for (const module of ['builtins', '__builtin__']) {
      expect(read(call(global(module, 'bytes')))).toEqual(new Uint8Array());
      expect(read(call(global(module, 'bytearray'), bytes('ab')))).toEqual(Uint8Array.of(97, 98));
    }
  });

  test('with other encodings, letters that do not fit, or a value that is not text are rejected', () => {
    for (const [name, module] of [
      ['encode', '_codecs'],
      ['bytes', 'builtins'],
    ])
      for (const args of [
        [text('a'), text('utf-8')],
        [text('a'), NONE],
        [text('Ā'), text('latin1')],
        [small(5), text('latin1')],
      ])
        expect(refusal(call(global(module, name), ...args))).toContain(`“${name}” is called with the wrong arguments`);
  });
});
