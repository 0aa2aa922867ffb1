/**
 * A training step of a small MobileFaceNet on TensorFlow, op by op and as one function, compared with the reference
 * engine.
 */
import { testTrainingAgreement } from '@facewright/test/training-agreement';
import { testContext } from '@facewright/testkit';
import { describe, test } from 'vitest';
import { libraries } from '../test/libraries.js';
import { nodeGpu } from './index.js';

const here = await libraries();
if ('library' in here) {
  describe.each(['eager', 'function'] as const)('%s', (mode) => {
    testTrainingAgreement(async () =>
      (await nodeGpu({ library: here.library, device: 'cpu', mode }).create(testContext())).open(),
    );
  });
} else {
  test.skip(`the training comparison (skipped: ${here.missing})`, () => {});
}
