/** The suite and the training comparison that all engines pass, on the CPU plugin with one device and with four. */
import { testTrainingAgreement } from '@facewright/test/training-agreement';
import { testBackend } from '@facewright/testkit';
import { describe, test } from 'vitest';
import { cpuPlugin, openCpu } from '../test/cpu-plugin.js';
import { xla } from './index.js';

const here = await cpuPlugin();
if ('path' in here) {
  for (const devices of [1, 4]) {
    const name = devices === 1 ? 'one device' : `${devices} devices`;
    testBackend(xla({ plugin: here.path, devices }), { name: `xla, ${name}` });
    describe(name, () => testTrainingAgreement(() => openCpu(here.path, devices)));
  }
} else {
  describe('xla', () => {
    test.skip(`the backend suite (skipped: ${here.missing})`, () => {});
  });
}
