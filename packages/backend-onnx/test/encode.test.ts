// The protobuf writer: numbers of any size, and a model that onnxruntime reads back.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeModel } from '../src/onnx/encode.js';
import { float, int, ints, OnnxBuilder } from '../src/onnx/builder.js';
import { loadRuntime } from '../src/session/runtime.js';

/** Fields of a protobuf message, parsed independently of the writer. */
function fields(bytes: Uint8Array): Map<number, (bigint | Uint8Array)[]> {
  const found = new Map<number, (bigint | Uint8Array)[]>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const type = tag & 7; // 0: a varint, 2: bytes with their length, 5: four bytes
    const length = type === 2 ? Number(varint()) : 4;
    const value = type === 0 ? varint() : bytes.subarray(at, (at += length));
    found.set(tag >> 3, [...(found.get(tag >> 3) ?? []), value]);
  }
  return found;
}

test('shapes and integers of any size survive', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -1, max: 2 ** 48 }), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: -(2 ** 31), max: 2 ** 31 }),
      (shape, value) => {
        const model = encodeModel({
          name: 'g',
          opsets: { '': 18 },
          inputs: [],
          outputs: [],
          nodes: [
            {
              op: 'Op',
              name: 'n',
              inputs: ['a', ''],
              outputs: ['b'],
              domain: '',
              attributes: { v: { int: value }, many: { ints: shape } },
            },
          ],
          initializers: [{ name: 't', type: 'float32', shape, data: new Float32Array(0) }],
        });
        const graph = fields(fields(model).get(7)![0] as Uint8Array);
        const tensor = fields(graph.get(5)![0] as Uint8Array);
        expect(tensor.get(1)!.map((dimension) => BigInt.asIntN(64, dimension as bigint))).toEqual(shape.map(BigInt));
        const node = fields(graph.get(1)![0] as Uint8Array);
        expect(node.get(1)!.map((name) => new TextDecoder().decode(name as Uint8Array))).toEqual(['a', '']);
        const [attribute, many] = node.get(5)!.map((each) => fields(each as Uint8Array));
        expect(BigInt.asIntN(64, attribute.get(3)![0] as bigint)).toBe(BigInt(value));
        expect(many.get(8)!.map((each) => BigInt.asIntN(64, each as bigint))).toEqual(shape.map(BigInt));
      },
    ),
  );
});

test('equal nodes and constants are stored once, different ones separately', () => {
  const onnx = new OnnxBuilder();
  expect(onnx.op('Clip', ['x'], { a: float(1) })).toBe(onnx.op('Clip', ['x'], { a: float(1) }));
  expect(onnx.op('Clip', ['x'], { a: float(2) })).not.toBe(onnx.op('Clip', ['x'], { a: float(1) }));
  expect(onnx.op('Clip', ['y'], { a: int(1) })).not.toBe(onnx.op('Clip', ['x'], { a: int(1) }));
  expect(onnx.scalar(0)).not.toBe(onnx.scalar(-0));
  expect(onnx.integers(1, 2)).toBe(onnx.integers(1, 2));
  expect(onnx.integers(12)).not.toBe(onnx.integers(1, 2));
});

test('onnxruntime reads every kind of constant and attribute', async () => {
  const runtime = await loadRuntime();
  const onnx = new OnnxBuilder();
  const turned = onnx.op('Transpose', [onnx.constant(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3])], { perm: ints(1, 0) });
  onnx.rename(
    onnx.op('Where', [
      onnx.constant(Uint8Array.of(1, 0), [1, 2], 'bool'),
      turned,
      onnx.op('Cast', [onnx.constant(Int32Array.of(-7), [])], { to: int(1) }),
    ]),
    'y',
  );
  const session = await runtime.InferenceSession.create(
    onnx.encode('g', [], [{ name: 'y', type: 'float32', shape: [3, 'width'] }]),
  );
  expect((await session.run({})).y.data).toEqual(Float32Array.of(1, -7, 2, -7, 3, -7));
  await session.release();
});
