/** The engine passes the suite that all engines pass, op by op and as functions. */
import { testBackend } from '@facewright/testkit';
import { describe, test } from 'vitest';
import { nodeGpu } from './index.js';
import { findLibraries } from './library/location.js';

const library = process.env.FACEWRIGHT_TENSORFLOW;
if (findLibraries(library)) {
  testBackend(nodeGpu({ library, device: 'cpu', mode: 'eager' }), { name: 'node-gpu, op by op' });
} else {
  describe('node-gpu', () => {
    test.skip('the backend suite (skipped: TensorFlow is not set up; "facewright setup node-gpu --cpu" mends it)', () => {});
  });
}
