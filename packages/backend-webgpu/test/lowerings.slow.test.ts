/** Every op that can be captured, lowered to WGSL. */
import { testContext } from '@facewright/testkit';
import { testLowerings } from '@facewright/test/lowerings';
import { describe } from 'vitest';
import { webgpu } from '../src/index.js';
import { adapterHere } from './adapter.js';

const missing = await adapterHere();

describe.skipIf(missing)(`on an adapter${missing ? ` (skipped: ${missing})` : ''}`, () => {
  const emit = () => undefined; // the table says what falls back
  testLowerings(async () => (await webgpu().create(testContext({ emit }))).open());
});
