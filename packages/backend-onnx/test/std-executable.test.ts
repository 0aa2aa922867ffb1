// How an executable handles state and sizes, and ops that cannot be lowered.
import { CAPTURED_OPS } from '@facewright/capture';
import { hostTensor, type CompileOptions, type Executable, type HostTensors } from '@facewright/core';
import { expectClose, numbers, referenceEngine } from '@facewright/test/agree';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { openOnnxEngine } from '../src/index.js';
import { LOWERED_OPS } from '../src/lowering/lower.js';
import { stdEngine } from './std-check.js';

const engine = stdEngine();

test('state is kept between calls, and read and written by name', async () => {
  const state: HostTensors = {
    w: numbers([3]),
    count: hostTensor([], Float32Array.of(0)),
    large: numbers([600, 500]),
    fixed: numbers([2]),
  };
  const executable = engine().compile(
    (s, { x }) => ({
      state: { w: tf.add(s.w, x), count: tf.add(s.count, 1), large: tf.mul(s.large, 2) },
      outputs: { y: tf.sum(tf.mul(s.w, s.fixed.shape[0])) },
    }),
    { state },
  );
  await executable.run({ x: numbers([3], 2) });
  await executable.writeState({ count: hostTensor([], Float32Array.of(5)) });
  await executable.run({ x: numbers([3], 2) });
  const after = await executable.readState(['count', 'large', 'fixed']);
  expectClose(
    after,
    {
      count: hostTensor([], Float32Array.of(6)),
      large: hostTensor(
        [600, 500],
        (state.large.data as Float32Array).map((v) => v * 4),
      ),
      fixed: state.fixed,
    },
    1e-6,
  );
  await expect(executable.readState(['nothing'])).rejects.toThrow(/no state "nothing"/);
  await expect(executable.writeState({ nothing: numbers([1]) })).rejects.toThrow(/no state "nothing"/);
  executable.dispose();
  await expect(executable.run({ x: numbers([3], 2) })).rejects.toThrow(/disposed/);
});

test('state that the step does not change can be written too', async () => {
  const executable = engine().compile((s, { x }) => ({ outputs: { y: tf.mul(s.w, x) } }), {
    state: { w: hostTensor([1], Float32Array.of(2)) },
  });
  const x = hostTensor([1], Float32Array.of(10));
  expect((await executable.run({ x })).y.data).toEqual(Float32Array.of(20));
  await executable.writeState({ w: hostTensor([1], Float32Array.of(3)) });
  expect((await executable.run({ x })).y.data).toEqual(Float32Array.of(30));
});

/** An engine that counts how often it compiles. */
async function countingEngine() {
  let compiled = 0;
  const engine = await openOnnxEngine({
    provider: 'cpu',
    lowering: 'std',
    threads: 1,
    emit: (type) => void (type === 'engine.compiled' && compiled++),
  });
  return { engine, compilations: () => compiled };
}

describe('dynamic sizes', () => {
  const sides = [
    [12, 12],
    [13, 20],
    [30, 17],
  ];
  test('one compilation works for images of every size', async () => {
    const { engine: counting, compilations } = await countingEngine();
    const state = { w: numbers([3, 3, 3, 5]), b: numbers([5]), d: numbers([1, 1, 5, 2]) };
    const step = (s: tf.TensorContainerObject, { images }: tf.TensorContainerObject) => {
      const x = tf.prelu(
        tf.add(tf.conv2d(images as tf.Tensor4D, s.w as tf.Tensor4D, 1, 'valid'), s.b as tf.Tensor),
        s.b as tf.Tensor,
      ) as tf.Tensor4D;
      return { outputs: { y: tf.softmax(tf.conv2d(tf.maxPool(x, 2, 2, 'same'), s.d as tf.Tensor4D, 1, 'valid')) } };
    };
    const executable = counting.compile(step as never, { state, dynamicAxes: { images: [1, 2] } });
    const reference = (await referenceEngine()).compile(step as never, { state });
    for (const [h, w] of sides) {
      const images = numbers([1, h, w, 3]);
      expectClose(await executable.run({ images }), await reference.run({ images }), 1e-5);
    }
    expect(compilations()).toBe(1);
    await counting.dispose();
  });

  test('a step that depends on a size is compiled for each', async () => {
    const { engine: counting, compilations } = await countingEngine();
    const executable = counting.compile((_, { x }) => ({ outputs: { y: tf.div(tf.sum(x), x.size) } }), {
      dynamicAxes: { x: [0] },
    });
    for (const n of [2, 3])
      expect((await executable.run({ x: hostTensor([n], new Float32Array(n).fill(4)) })).y.data).toEqual(
        Float32Array.of(4),
      );
    expect(compilations()).toBe(2);
    await counting.dispose();
  });
});

test('an op that cannot be lowered is named, with advice', async () => {
  const executable = engine().compile(
    (_, { x }) => ({ outputs: { y: tf.gather(x, tf.zeros([2, 1], 'int32'), 2, 1) } }),
    {
      name: 'mine',
    },
  );
  await expect(executable.run({ x: numbers([2, 3, 4]) })).rejects.toThrow(
    /"mine" uses GatherV2 with an axis behind its batch dimensions[\s\S]*"onnx"[\s\S]*op by op/,
  );
});

test('every op that can be captured can be lowered', () => {
  // simplifying the graph replaces fused kernels and ExpandDims
  const simplified = ['ExpandDims', '_FusedMatMul', 'FusedConv2D', 'FusedDepthwiseConv2D'];
  expect(CAPTURED_OPS.filter((op) => !LOWERED_OPS.includes(op) && !simplified.includes(op))).toEqual([]);
});

test("with outputsGo a call frees the previous call's outputs; without it they stay", async () => {
  const twice = (options: CompileOptions) =>
    engine().compile((_, { x }) => ({ outputs: { y: tf.mul(x, 2) } }), options);
  const call = async (executable: Executable, value: number) =>
    (await executable.run({ x: hostTensor([3], new Float32Array(3).fill(value)) })).y.data;
  for (const outputsGo of [true, false]) {
    const executable = twice({ outputsGo });
    const first = await call(executable, 1);
    expect([...first]).toEqual([2, 2, 2]);
    expect([...(await call(executable, 5))]).toEqual([10, 10, 10]);
    expect(Array.from({ length: first.length }, (_, i) => first[i])).toEqual(outputsGo ? [] : [2, 2, 2]);
    executable.dispose();
  }
});
