/**
 * The machine that reads pickles, one opcode at a time, for cases that no real pickle covers: its results and its
 * errors.
 */
import { describe, expect, test } from 'vitest';
import { FacewrightError } from '../../values/errors.js';
import { PickleGlobal } from './items.js';
import { unpickle, unpickleFirst, type UnpickleOptions } from './unpickle.js';

const bytesOf = (opcodes: string): Uint8Array => Buffer.from(opcodes, 'latin1');
const read = (opcodes: string, options?: UnpickleOptions): unknown =>
  unpickle(bytesOf(`${opcodes}.`), 'a pickle', options);

test.each<[string, unknown]>([
  ['N', null],
  ['\x88', true],
  ['\x89', false],
  ['K\xff', 255],
  ['M\x01\x02', 513],
  ['J\xfe\xff\xff\xff', -2],
  ['\x8a\x00', 0],
  ['\x8a\x01\xff', -1],
  ['\x8a\x02\xff\x00', 255],
  ['\x8a\x06\x00\x00\x00\x00\x00\x01', 2 ** 40],
  ['G\xbf\xf8\x00\x00\x00\x00\x00\x00', -1.5],
  ['X\x02\x00\x00\x00ab', 'ab'],
  ['\x8c\x02ab', 'ab'],
  ['\x8d\x02\0\0\0\0\0\0\0ab', 'ab'],
  ['B\x02\0\0\0ab', Uint8Array.of(97, 98)],
  ['C\x02ab', Uint8Array.of(97, 98)],
  ['T\x02\0\0\0ab', Uint8Array.of(97, 98)],
  ['U\x02ab', Uint8Array.of(97, 98)],
  ['\x8e\x02\0\0\0\0\0\0\0ab', Uint8Array.of(97, 98)],
  ['\x96\x02\0\0\0\0\0\0\0ab', Uint8Array.of(97, 98)],
  ['\x95\0\0\0\0\0\0\0\0N', null],
  ['K\x01K\x020', 1], // POP
  ['K\x01\x85', [1]],
  ['K\x01K\x02\x86', [1, 2]],
  ['K\x01K\x02K\x03\x87', [1, 2, 3]],
  ['(K\x01K\x02t', [1, 2]],
  [')', []],
  [']K\x01a', [1]],
  ['](K\x01K\x02e', [1, 2]],
  ['}K\x01K\x02s', new Map([[1, 2]])],
  ['}(K\x01K\x02K\x03K\x04u', new Map([[1, 2], [3, 4]])], // prettier-ignore
  ['K\x07q\x050h\x05', 7],
  ['K\x07r\x05\x01\0\x000j\x05\x01\0\0', 7],
  ['K\x07\x94K\x08\x9400h\x01', 8],
  ['K\x07(K\x01K\x021', 7], // POP_MARK
  ['K\x072\x86', [7, 7]], // DUP
  ['(I1\nI2\nd', new Map([[1, 2]])],
  ['(I1\nI2\nl', [1, 2]],
  ['F-1.5\n', -1.5],
  ['Vp\\u00e4\\U0001F600\n', 'pä😀'],
  ['V\\U00110000\n', '\\U00110000'], // no such character
  [String.raw`S'\X41\x4a'` + '\n', Uint8Array.from(Buffer.from('\\X41J'))],
  [String.raw`S'\x41\102\n\q\\'` + '\n', Uint8Array.from(Buffer.from('AB\n\\q\\', 'latin1'))],
  [String.raw`S"\r\t\a\b\f\v"` + '\n', Uint8Array.of(13, 9, 7, 8, 12, 11)],
  ['I00\n', false],
  ['I01\n', true],
  ['L-12L\n', -12],
])('%j', (opcodes, value) => {
  expect(read(opcodes)).toEqual(value);
});

test.each<[string, RegExp]>([
  ['0', /its stack is empty/],
  ['', /its stack is empty/],
  ['q\x00', /its stack is empty/],
  ['K\x01\x86', /its stack is empty/],
  ['K\x01t', /a mark is missing/],
  ['h\x05', /there is no memo entry 5/],
  ['NK\x01a', /appends to something that is not a list/],
  ['NK\x01K\x02s', /not a dictionary/],
  ['}(K\x01u', /not a dictionary/],
  ['K\x01K\x02\x93', /a global has no name/],
  ['\x8c\x01aK\x02\x93', /a global has no name/],
  ['K\x01Q', /something outside itself/],
  ['cnumpy\ndtype\nK\x01R', /a call has no arguments/],
  ['}K\x01b', /a state is not a tuple/],
  [')K\x01\x85b', /the state of something that has none/],
  ['\x80\x06N', /protocol 6 is not one of 0 to 5/],
  ['\xf0', /the opcode 0xf0 is not allowed/],
  ['P1\n.', /protocol 0/],
  ['\x8c\x01\xff', /a string is not UTF-8/],
  ['cnumpy', /a name is not terminated/],
  ['\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f', /an integer is too large/],
  ['I12345678901234567\n', /too large or malformed/],
  ['I9007199254740993\n', /too large or malformed/],
  ['I1 \n', /too large or malformed/],
  ['S\'a"\n', /a string is not quoted/],
  ["S'\n", /a string is not quoted/],
  ['Sab\n', /a string is not quoted/],
  ['(', /an unfinished object/],
  ['cnumpy\ndtype\n', /an unfinished object/],
])('%j is rejected', (opcodes, message) => {
  expect(() => read(opcodes)).toThrow(message);
  expect(() => read(opcodes, { todo: 'Copy it again.' })).toThrow(/where: a pickle\n {2}to do: Copy it again\./);
});

test('every truncation is rejected with a message that says what was expected', () => {
  const whole = bytesOf('\x80\x02]q\x00(K\x01M\x02\x01J\x01\0\0\0G\0\0\0\0\0\0\0\0X\x01\0\0\0ae.');
  expect(unpickle(whole, 'x')).toHaveLength(5);
  for (let length = 0; length < whole.length; length++)
    expect(() => unpickle(whole.subarray(0, length), 'x'), `${length} bytes`).toThrow(FacewrightError);
  expect(() => unpickle(whole.subarray(0, whole.length - 4), 'x')).toThrow(/ends too early: \d+ more bytes/);
});

test('attributes of a dictionary are not part of its value', () => {
  expect(read('}K\x01K\x02s}K\x03K\x04sb')).toEqual(new Map([[1, 2]]));
});

test('a first pickle ends where the next begins', () => {
  const both = bytesOf('K\x01.K\x02.');
  expect(unpickleFirst(both, 'x')).toEqual({ value: 1, end: 3 });
  expect(unpickleFirst(both.subarray(3), 'x')).toEqual({ value: 2, end: 3 });
});

describe('options of the caller', () => {
  test('additional globals, also named by values on the stack', () => {
    const sum = new PickleGlobal((args) => args.reduce<number>((total, value) => total + (value as number), 0));
    const globals = new Map([['mine sum', sum]]);
    expect(read('cmine\nsum\nK\x01K\x02\x86R', { globals })).toBe(3);
    expect(read('\x8c\x04mine\x8c\x03sum\x93K\x01K\x02\x86R', { globals })).toBe(3);
    expect(() => read('cmine\nother\n', { globals })).toThrow(/“mine\.other”, which is not allowed/);
  });

  test('persistent ids', () => {
    const persistent = (id: unknown): string => `resolved ${String(id)}`;
    expect(read('K\x07Q', { persistent })).toBe('resolved 7');
  });
});

test('nesting is limited to a hundred levels', () => {
  expect(() => read(`${')'}${'\x85'.repeat(98)}`)).not.toThrow();
  expect(() => read(`${')'}${'\x85'.repeat(110)}`)).toThrow(/nested too deeply/);
});
