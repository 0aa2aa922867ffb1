import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { FacewrightError } from '../../values/errors.js';
import { PickleGlobal } from './items.js';
import { unpickle } from './unpickle.js';

/** Made by reference/pickles.py. */
const golden = JSON.parse(readFileSync(new URL('../../../reference/pickles.json', import.meta.url), 'utf8')) as {
  pickles: Record<'weights' | 'bytes' | 'arrays', Record<string, string>>;
};
const bytes = (...parts: (string | number)[]): Uint8Array =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.of(part))));
const plain = (value: string): Uint8Array => new Uint8Array(Buffer.from(value, 'latin1'));
const read = (of: keyof typeof golden.pickles, protocol: string): unknown =>
  unpickle(new Uint8Array(Buffer.from(golden.pickles[of][protocol], 'base64')), 'golden');

describe.each(['2', '3', '4', '5'])('what Python and numpy wrote in protocol %s', (protocol) => {
  test('arrays of weights in a dictionary', () => {
    expect(read('weights', protocol)).toEqual(
      new Map<string, unknown>([
        [
          'w',
          [
            { shape: [2, 3], data: Float32Array.of(0, 1, 2, 3, 4, 5) },
            { shape: [2], data: Float64Array.of(1.5, -2.5) },
          ],
        ],
        ['n', [1, 300, -5, 2.5, null, true, 2 ** 40, 'ä']],
      ]),
    );
  });
  test('byte strings', () => {
    const all = Uint8Array.from({ length: 512 }, (_, i) => i % 256);
    expect(read('bytes', protocol)).toEqual([
      [plain('\xff\xd8\x00'), plain(''), all, plain('\x80ab')],
      [true, false],
    ]);
  });
  test('arrays of bytes and of booleans, and numbers of numpy', () => {
    expect(read('arrays', protocol)).toEqual([
      [
        { shape: [3], data: plain('\xff\xd8\x00') },
        { shape: [0], data: plain('') },
      ],
      { shape: [2], data: Uint8Array.of(1, 0) },
      [true, 0.5],
    ]);
  });
});

test('Python 2 strings are bytes, even where they name a numpy type', () => {
  expect(unpickle(bytes('\x80\x02U\x03\xff\xd8\x00q\x00T\x02\x00\x00\x00ab\x86.'), 'x')).toEqual([
    plain('\xff\xd8\x00'),
    plain('ab'),
  ]);
  const array =
    '\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01K\x02\x85cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89U\x02\xff\xd8tb.';
  expect(unpickle(bytes(array), 'x')).toEqual({ shape: [2], data: plain('\xff\xd8') });
});

test('rejects every other global, and names it', () => {
  // the output of pickle.dumps for an object whose __reduce__ returns (os.system, ("echo pwned",))
  const evil = bytes('\x80\x02cposix\nsystem\nq\x00X\n\x00\x00\x00echo pwnedq\x01\x85q\x02Rq\x03.');
  expect(() => unpickle(evil, 'evil.npy')).toThrow(/posix\.system.*not allowed[^]*evil\.npy/);
  for (const name of ['constructor', '__proto__', 'toString'])
    expect(() => unpickle(bytes(`\x80\x02cnumpy\n${name}\n.`), 'x')).toThrow(/not allowed/);
});

test('only calls what creates arrays', () => {
  expect(() => unpickle(bytes('\x80\x02X\x01\x00\x00\x00a)R.'), 'x')).toThrow(/something that must not be called/);
  expect(() => unpickle(bytes('\x80\x02cnumpy\nndarray\n)R.'), 'x')).toThrow(/called with the wrong arguments/);
});

test('rejects lists that expand without end, and a list that contains itself', () => {
  const doubling = bytes(
    '\x80\x02]q',
    0,
    ...Array.from({ length: 40 }, (_, i) => [']q', i + 1, '(h', i, 'h', i, 'e']).flat(),
    '.',
  );
  expect(() => unpickle(doubling, 'x')).toThrow(/more values than it has bytes/);
  expect(() => unpickle(bytes('\x80\x02]q\x00h\x00a.'), 'x')).toThrow(/contains itself/);
});

test('an array must have as many bytes as its shape needs', () => {
  const whole = Buffer.from(golden.pickles.weights[4], 'base64');
  const at = whole.indexOf(Buffer.of(0x4b, 2, 0x4b, 3)); // the shape (2, 3)
  whole[at + 3] = 200;
  expect(() => unpickle(whole, 'x')).toThrow(/do not match its shape/);
});

test('any damage quickly gives one of our errors or a value', () => {
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
    fc.property(
      fc.constantFrom(...Object.values(golden.pickles).flatMap((of) => Object.values(of))),
      edits,
      fc.nat(),
      (text, changes, cut) => {
        const data = new Uint8Array(Buffer.from(text, 'base64'));
        for (const [at, value] of changes) data[at % data.length] = value;
        check(cut % 3 ? data : data.subarray(0, cut % data.length));
      },
    ),
    { numRuns: 3000 },
  );
});

test('a long string that is reused many times exceeds the work budget', () => {
  // thirty thousand calls of _codecs.encode with one memoised string
  const text = 'a'.repeat(1_000_000);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  const nested = Buffer.concat([
    Buffer.from('\x80\x02c_codecs\nencode\nq\x00X', 'latin1'),
    length,
    Buffer.from(`${text}q\x01X\x06\x00\x00\x00latin1q\x02`, 'latin1'),
    Buffer.from('](' + 'h\x00h\x01h\x02\x86R'.repeat(30_000) + 'e.', 'latin1'),
  ]);
  let calls = 0;
  const encode = new PickleGlobal(() => new Uint8Array(++calls));
  expect(() => unpickle(nested, 'x', { globals: new Map([['_codecs encode', encode]]) })).toThrow(
    /far more data than it contains/,
  );
  // the budget is 65,536 + 8 × 1,240,044 bytes, and each call costs 1,000,008
  expect(calls).toBe(9);
  expect(() => unpickle(nested, 'x')).toThrow(/far more data than it contains/);
});

test('protocols 0 and 1, as written by Python 2', () => {
  const value = [
    [plain('\xff\xd8\x00'), 'ä', 1, -5, 2.5, 2 ** 40, null, new Map([['a', [1, 2]]]), 'x\ny'],
    [true, false],
  ];
  // pickle.dumps(value, 0) and (value, 1)
  const first =
    '((lp0\nc_codecs\nencode\np1\n(V\xff\xd8\\u0000\np2\nVlatin1\np3\ntp4\nRp5\naV\xe4\np6\naI1\naI-5\naF2.5\naL1099511627776L\naNa(dp7\nVa\np8\n(lp9\nI1\naI2\nasaVx\\u000ay\np10\na(lp11\nI01\naI00\natp12\n.';
  const second =
    '(]q\x00(c_codecs\nencode\nq\x01(X\x05\x00\x00\x00\xc3\xbf\xc3\x98\x00q\x02X\x06\x00\x00\x00latin1q\x03tq\x04Rq\x05X\x02\x00\x00\x00\xc3\xa4q\x06K\x01J\xfb\xff\xff\xffG@\x04\x00\x00\x00\x00\x00\x00L1099511627776L\nN}q\x07X\x01\x00\x00\x00aq\x08]q\t(K\x01K\x02esX\x03\x00\x00\x00x\nyq\ne]q\x0b(I01\nI00\netq\x0c.';
  expect(unpickle(bytes(first), 'x')).toEqual(value);
  expect(unpickle(bytes(second), 'x')).toEqual(value);
  // byte strings, as Python 2's repr prints them
  expect(
    unpickle(bytes(String.raw`(lp0` + '\n' + String.raw`S'\xff\xd8\x00 it\'s\n\101'` + '\np1\na' + `S"a'b"\na.`), 'x'),
  ).toEqual([plain("\xff\xd8\x00 it's\nA"), plain("a'b")]);
  for (const wrong of ['I1x\n.', 'L99999999999999999999L\n.', "S'a\n.", 'g3\n.', 'p1\n.', '(I1\nd.'])
    expect(() => unpickle(bytes(wrong), 'x')).toThrow(FacewrightError);
});
