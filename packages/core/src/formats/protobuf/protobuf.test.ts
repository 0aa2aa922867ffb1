/** Messages compared with the bytes in the documentation of the encoding, and round trips. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fields, integersOf, messageOf, ProtobufError, ProtobufWriter, textOf, varint } from './index.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('the documented bytes', () => {
  test('an integer', () => expect(hex(new ProtobufWriter().integer(1, 150).encode())).toBe('089601'));
  test('a text', () => expect(hex(new ProtobufWriter().text(2, 'testing').encode())).toBe('120774657374696e67'));
  test('a message in a message', () =>
    expect(hex(new ProtobufWriter().message(3, new ProtobufWriter().integer(1, 150)).encode())).toBe('1a03089601'));
  test('a negative integer', () => expect(hex(varint(-2))).toBe('feffffffffffffffff01'));
  test('floats', () => {
    expect(hex(new ProtobufWriter().float(1, 1).encode())).toBe('0d0000803f');
    expect(hex(new ProtobufWriter().double(1, 1).encode())).toBe('09000000000000f03f');
  });
});

test('what is written is read back', () => {
  const number = fc.integer({ min: 1, max: 2 ** 20 });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(number, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }))),
      fc.array(fc.tuple(number, fc.string({ unit: 'grapheme' }))),
      fc.array(fc.tuple(number, fc.uint8Array())),
      (integers, texts, bytes) => {
        const inner = new ProtobufWriter();
        for (const [field, value] of integers) inner.integer(field, value);
        const writer = new ProtobufWriter();
        for (const [field, value] of texts) writer.text(field, value);
        for (const [field, value] of bytes) writer.bytes(field, value);
        const read = [...fields(writer.message(7, inner).encode())];
        expect(read.slice(0, texts.length).map((field) => [field.number, textOf(field)])).toEqual(texts);
        expect(read.slice(texts.length, -1).map((field) => [field.number, messageOf(field)])).toEqual(bytes);
        const numbers = [...fields(messageOf(read.at(-1)!))].map((field) => [
          field.number,
          field.kind === 'integer' && BigInt.asIntN(64, field.value),
        ]);
        expect(numbers).toEqual(integers);
      },
    ),
  );
});

test('a packed list', () => {
  const packed = Uint8Array.from([3, 300, -1].flatMap((value) => [...varint(value)]));
  const [field] = fields(new ProtobufWriter().bytes(1, packed).encode());
  expect(integersOf(field)).toEqual([3, 300, -1]);
});

test('any damage is a ProtobufError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      try {
        for (const field of fields(bytes)) if (field.kind !== 'fixed32' && field.kind !== 'fixed64') integersOf(field);
      } catch (error) {
        expect(error).toBeInstanceOf(ProtobufError);
      }
    }),
  );
});
