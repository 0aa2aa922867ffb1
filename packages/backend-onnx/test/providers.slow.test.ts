/**
 * onnxruntime's other providers pass the backend suite on machines that have them: webgpu on the GPU, or on an emulated
 * one.
 */
import { offerEmulatedGpu } from '@facewright/test/emulated-gpu';
import { testBackend, testContext } from '@facewright/testkit';
import { expect, test } from 'vitest';
import { onnx } from '../src/index.js';
import { PROVIDERS } from '../src/session/runtime.js';

offerEmulatedGpu();
for (const provider of PROVIDERS.filter((provider) => provider !== 'cpu')) {
  const plugin = onnx({ provider });
  const { usable, reason, remedy } = await (await plugin.create(testContext())).probe();
  if (usable) testBackend(plugin, { name: `onnx on ${provider}` });
  else {
    test(`${provider}: the probe says why not and what to do (${reason})`, () => {
      expect(reason).toContain(provider);
      expect(remedy).toMatch(/./);
    });
  }
}
