/** The reference engine passes the suite that all engines pass. */
import { testBackend, testContext } from '@facewright/testkit';
import { expect, test, vi } from 'vitest';
import { cpu } from './index.js';

test('opening and using it prints nothing', async () => {
  const warn = vi.spyOn(console, 'warn');
  const log = vi.spyOn(console, 'log');
  const engine = await (await cpu().create(testContext())).open();
  const executable = engine.compile((_, { x }) => ({ outputs: { x } }));
  await executable.run({ x: { shape: [1], dtype: 'float32', data: Float32Array.of(1) } });
  expect(warn).not.toHaveBeenCalled();
  expect(log).not.toHaveBeenCalled();
});

testBackend(cpu());
