/** Every op that can be captured, in a TensorFlow function. */
import { testContext } from '@facewright/testkit';
import { testLowerings } from '@facewright/test/lowerings';
import { describe, test } from 'vitest';
import { nodeGpu } from '../src/index.js';
import { libraries } from './libraries.js';

const here = await libraries();
if ('library' in here) {
  describe('in a function', () => {
    const emit = () => undefined; // the table says what falls back
    testLowerings(async () =>
      (await nodeGpu({ library: here.library, device: 'cpu' }).create(testContext({ emit }))).open(),
    );
  });
} else test.skip(`lowerings (skipped: ${here.missing})`, () => undefined);
