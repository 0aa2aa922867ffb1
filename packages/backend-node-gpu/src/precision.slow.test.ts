/** Mixed precision on TensorFlow's CPU kernels. A GPU runs the same functions, but is not tested here. */
import { testMixedPrecision } from '@facewright/test/mixed-precision';
import { testContext } from '@facewright/testkit';
import { describe, expect, test } from 'vitest';
import { libraries } from '../test/libraries.js';
import { nodeGpu } from './index.js';

const here = await libraries();
if ('library' in here) {
  const open = async (precision: 'float32' | 'bfloat16' | 'float16', initial = 1024) =>
    (
      await nodeGpu({
        library: here.library,
        device: 'cpu',
        precision,
        lossScaling: { initial, growAfter: 1000 },
      }).create(testContext())
    ).open();
  describe('bfloat16', () => testMixedPrecision({ open, precision: 'bfloat16', epsilon: 2 ** -9 }));
  describe('float16', () => testMixedPrecision({ open, precision: 'float16', epsilon: 2 ** -12 }));

  test('op by op there is no mixed precision, and the error says so', async () => {
    const backend = await nodeGpu({
      library: here.library,
      device: 'cpu',
      mode: 'eager',
      precision: 'bfloat16',
    }).create(testContext());
    await expect(backend.open()).rejects.toThrow(/everything is float32[^]*"mode"/);
  });
} else {
  test.skip(`mixed precision (skipped: ${here.missing})`, () => {});
}

test('a loss scale that is not a power of two is rejected', () => {
  expect(() => nodeGpu({ lossScaling: { initial: 1000 } })).toThrow(/power of two/);
});
