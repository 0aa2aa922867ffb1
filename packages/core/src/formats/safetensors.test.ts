import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FacewrightError } from '../values/errors.js';
import { decodeSafetensors, encodeSafetensors } from './safetensors.js';
import { hostTensor, type HostTensor } from '../values/tensors.js';

const example = {
  'b/kernel': hostTensor([2, 2], Float32Array.of(1.5, -2, 0.25, 3e-7)),
  a: hostTensor([3], Int32Array.of(1, -1, 2147483647)),
  empty: hostTensor([0, 3], new Float32Array(0)),
  scalar: hostTensor([], Float32Array.of(7)),
};
/** `example` as written by the Python package safetensors 0.8. */
const golden =
  '18010000000000007b225f5f6d657461646174615f5f223a7b22666f726d6174223a2266616365777269676874227d2c22622f6b65726e656c223a7b226474797065223a22463332222c227368617065223a5b322c325d2c22646174615f6f666673657473223a5b302c31365d7d2c22656d707479223a7b226474797065223a22463332222c227368617065223a5b302c335d2c22646174615f6f666673657473223a5b31362c31365d7d2c227363616c6172223a7b226474797065223a22463332222c227368617065223a5b5d2c22646174615f6f666673657473223a5b31362c32305d7d2c2261223a7b226474797065223a22493332222c227368617065223a5b335d2c22646174615f6f666673657473223a5b32302c33325d7d7d20200000c03f000000c00000803eb00fa1340000e04001000000ffffffffffffff7f';

test('writes the same bytes as the reference implementation', () => {
  expect(Buffer.from(encodeSafetensors(example, { format: 'facewright' })).toString('hex')).toBe(golden);
});

test('reads them back, from a Buffer at any offset', () => {
  const shifted = Buffer.concat([Buffer.alloc(3), Buffer.from(golden, 'hex')]).subarray(3);
  expect(decodeSafetensors(shifted)).toEqual({ tensors: example, metadata: { format: 'facewright' } });
});

const tensor: fc.Arbitrary<HostTensor> = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }).chain((shape) => {
  const length = shape.reduce((product, size) => product * size, 1);
  // every bit pattern: NaNs with payloads, infinities, −0
  return fc
    .tuple(
      fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { minLength: length, maxLength: length }),
      fc.boolean(),
    )
    .map(([bits, whole]) => {
      const ints = Int32Array.from(bits);
      return hostTensor(shape, whole ? ints : new Float32Array(ints.buffer));
    });
});
const tensors = fc.dictionary(
  fc
    .oneof(fc.string({ unit: 'grapheme' }), fc.constant('__proto__'), fc.constant('toString'))
    .filter((name) => name !== '__metadata__'),
  tensor,
  { maxKeys: 5, noNullPrototype: true },
);

test('round-trips every bit of any tensors', () => {
  fc.assert(
    fc.property(tensors, fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }), (given, metadata) => {
      const bytes = encodeSafetensors(given, metadata);
      const read = decodeSafetensors(bytes);
      expect(read.metadata).toEqual(metadata);
      expect(Object.keys(read.tensors).sort()).toEqual(Object.keys(given).sort());
      for (const [name, { shape, dtype, data }] of Object.entries(given)) {
        expect(read.tensors[name]).toMatchObject({ shape, dtype });
        const bits = (values: HostTensor['data']): Uint8Array =>
          new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
        expect(bits(read.tensors[name].data)).toEqual(bits(data));
      }
      expect(encodeSafetensors(read.tensors, read.metadata)).toEqual(bytes);
    }),
  );
});

test('rejects every truncation and every extension', () => {
  const bytes = Buffer.from(golden, 'hex');
  for (let length = 0; length < bytes.length; length++)
    expect(() => decodeSafetensors(bytes.subarray(0, length)), `${length} bytes`).toThrow(FacewrightError);
  expect(() => decodeSafetensors(Buffer.concat([bytes, Buffer.alloc(1)]))).toThrow(FacewrightError);
});

const file = (header: unknown, data = 0): Uint8Array => {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + data);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
};

test.each([
  ['not JSON', file('{"a":'), 'header is not JSON'],
  ['not UTF-8', file('{}').map((byte, index) => (index === 8 ? 0xff : byte)), 'header is not JSON'],
  ['a list', file([]), 'header is not an object'],
  ['a huge header', Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 127), 'its header claims'],
  [
    'an unknown type',
    file({ a: { dtype: 'F8_E4M3', shape: [1], data_offsets: [0, 1] } }, 1),
    '"a" has the type "F8_E4M3"',
  ],
  ['a list for a type', file({ a: { dtype: ['F32'], shape: [1], data_offsets: [0, 4] } }, 4), 'has the type ["F32"]'],
  ['a negative size', file({ a: { dtype: 'F32', shape: [-1], data_offsets: [0, 4] } }, 4), '"a" has no shape'],
  ['too few bytes', file({ a: { dtype: 'F32', shape: [2], data_offsets: [0, 4] } }, 4), 'needs 8 bytes but has 4'],
  ['a gap', file({ a: { dtype: 'F32', shape: [1], data_offsets: [4, 8] } }, 8), 'do not follow'],
  [
    'an overlap',
    file(
      { a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] }, b: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } },
      4,
    ),
    'do not follow',
  ],
  ['wrong metadata', file({ __metadata__: { a: 1 } }), 'metadata is not a map of strings'],
])('says what is wrong: %s', (_name, bytes, message) => {
  expect(() => decodeSafetensors(bytes, 'the file')).toThrow(message);
  expect(() => decodeSafetensors(bytes, 'the file')).toThrow('where: the file');
});

test('any bytes and any damage give tensors or one clear error', () => {
  const settles = (bytes: Uint8Array): void => {
    try {
      decodeSafetensors(bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(FacewrightError);
    }
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), settles));
  fc.assert(fc.property(fc.json(), fc.nat(16), (header, data) => settles(file(header, data))));
  const whole = Uint8Array.from(Buffer.from(golden, 'hex'));
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) =>
      settles(whole.map((byte, index) => (index === at ? byte ^ flip : byte))),
    ),
    { numRuns: 500 },
  );
});

test('only the order of the bytes matters, not the order of the header', () => {
  const bytes = file(
    {
      b: { dtype: 'F32', shape: [1], data_offsets: [4, 8] },
      none: { dtype: 'F32', shape: [0], data_offsets: [4, 4] },
      a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
    },
    8,
  );
  new DataView(bytes.buffer).setFloat32(bytes.length - 8, 1, true);
  new DataView(bytes.buffer).setFloat32(bytes.length - 4, 2, true);
  expect(decodeSafetensors(bytes).tensors).toEqual({
    a: hostTensor([1], Float32Array.of(1)),
    b: hostTensor([1], Float32Array.of(2)),
    none: hostTensor([0], new Float32Array()),
  });
});
