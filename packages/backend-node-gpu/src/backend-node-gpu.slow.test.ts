/** The engine passes the suite that all engines pass. In CI it is set up first. */
import { testBackend } from '@facewright/testkit';
import { describe, test } from 'vitest';
import { nodeGpu } from './index.js';
import { libraries } from '../test/libraries.js';

const here = await libraries();
if ('library' in here) {
  testBackend(nodeGpu({ library: here.library, device: 'cpu', mode: 'eager' }), { name: 'node-gpu, op by op' });
  testBackend(nodeGpu({ library: here.library, device: 'cpu' }), { name: 'node-gpu, one function a step' });
} else {
  describe('node-gpu', () => {
    test.skip(`the backend suite (skipped: ${here.missing})`, () => {});
  });
}
