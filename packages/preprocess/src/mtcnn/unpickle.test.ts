import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FacewrightError } from '@facewright/core';
import { golden } from '../../test/support.js';
import { unpickle } from './unpickle.js';

const bytes = (...parts: (string | number)[]): Uint8Array => Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.of(part))));
const pickles = Object.entries(golden.pickles);

test.each(pickles)('reads what Python and numpy wrote in protocol %s', (_, text) => {
  const expected = new Map<string, unknown>([
    ['w', [{ shape: [2, 3], data: Float32Array.of(0, 1, 2, 3, 4, 5) }, { shape: [2], data: Float64Array.of(1.5, -2.5) }]],
    ['n', [1, 300, -5, 2.5, null, true, 2 ** 40, 'ä']],
  ]);
  expect(unpickle(Buffer.from(text, 'base64'), 'golden')).toEqual(expected);
});

test('refuses every other global, and names it', () => {
  // what pickle.dumps gives for an object whose __reduce__ returns (os.system, ("echo pwned",))
  const evil = bytes('\x80\x02cposix\nsystem\nq\x00X\n\x00\x00\x00echo pwnedq\x01\x85q\x02Rq\x03.');
  expect(() => unpickle(evil, 'evil.npy')).toThrow(/posix\.system.*refused[^]*evil\.npy/);
  for (const name of ['constructor', '__proto__', 'toString']) expect(() => unpickle(bytes(`\x80\x02cnumpy\n${name}\n.`), 'x')).toThrow(/refused/);
});

test('calls nothing but what makes arrays', () => {
  expect(() => unpickle(bytes('\x80\x02X\x01\x00\x00\x00a)R.'), 'x')).toThrow(/called that may not/);
  expect(() => unpickle(bytes('\x80\x02cnumpy\nndarray\n)R.'), 'x')).toThrow(/called with what it does not take/);
});

test('lists that unfold without end are refused, and so is one that holds itself', () => {
  const doubling = bytes('\x80\x02]q', 0, ...Array.from({ length: 40 }, (_, i) => [']q', i + 1, '(h', i, 'h', i, 'e']).flat(), '.');
  expect(() => unpickle(doubling, 'x')).toThrow(/more than 100000 values/);
  expect(() => unpickle(bytes('\x80\x02]q\x00h\x00a.'), 'x')).toThrow(/holds itself/);
});

test('an array must have the bytes of its shape', () => {
  const whole = Buffer.from(golden.pickles[4], 'base64');
  const at = whole.indexOf(Buffer.of(0x4b, 2, 0x4b, 3)); // the shape (2, 3)
  whole[at + 3] = 200;
  expect(() => unpickle(whole, 'x')).toThrow(/not the bytes of its shape/);
});

test('any damage gives an error of ours or a value, quickly', () => {
  const check = (data: Uint8Array): void => {
    try {
      unpickle(data, 'fuzz');
    } catch (error) {
      expect(error).toBeInstanceOf(FacewrightError);
    }
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), check), { numRuns: 2000 });
  const edits = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 6 });
  fc.assert(
    fc.property(fc.constantFrom(...pickles.map(([, text]) => text)), edits, fc.nat(), (text, changes, cut) => {
      const data = new Uint8Array(Buffer.from(text, 'base64'));
      for (const [at, value] of changes) data[at % data.length] = value;
      check(cut % 3 ? data : data.subarray(0, cut % data.length));
    }),
    { numRuns: 3000 },
  );
});
