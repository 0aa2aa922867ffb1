/**
 * The engine also passes the suite that all engines pass in a real browser, with the entry for browser bundlers and the
 * browser's own adapter.
 */
import { testBackend, testContext } from '@facewright/testkit';
import { expect, test } from 'vitest';
import { webgpu } from './index.browser.js';

if ('document' in globalThis) {
  test('there is an adapter', async () => {
    expect(await (await webgpu().create(testContext())).probe()).toMatchObject({
      usable: true,
      device: expect.stringMatching(/./),
    });
  });
  testBackend(webgpu(), { name: 'webgpu in the browser, compiled' });
  testBackend(webgpu({ mode: 'eager' }), { name: 'webgpu in the browser, op by op' });
} else {
  test.skip('the suite in a browser (skipped: needs Chromium, e.g. apt-get install chromium)', () => undefined);
}
