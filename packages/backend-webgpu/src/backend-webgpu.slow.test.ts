/** The engine passes the suite that all engines pass, compiled and op by op, on whatever adapter this machine has. */
import { testBackend, testContext } from '@facewright/testkit';
import { expect, test } from 'vitest';
import { adapterHere } from '../test/adapter.js';
import { webgpu } from './index.js';

const missing = await adapterHere();
test.skipIf(missing)(`there is an adapter${missing ? ` (skipped: ${missing})` : ''}`, async () => {
  expect(await (await webgpu().create(testContext())).probe()).toMatchObject({
    usable: true,
    device: expect.stringMatching(/./),
  });
});
if (!missing) {
  testBackend(webgpu(), { name: 'webgpu, compiled' });
  testBackend(webgpu({ mode: 'eager' }), { name: 'webgpu, op by op' });
}
