/** The encoded context options, derived by hand from the message definition. */
import { expect, test } from 'vitest';
import { encodeConfig } from './config.js';

const hex = (options: Partial<Parameters<typeof encodeConfig>[0]>): string =>
  Buffer.from(encodeConfig({ device: 'auto', memoryGrowth: false, ...options })).toString('hex');
const SOFT_PLACEMENT = '3801'; // field 7, varint 1

test('no options', () => {
  expect(hex({})).toBe(SOFT_PLACEMENT);
});
test('threads', () => {
  expect(hex({ threads: 2, parallelOps: 300 })).toBe(`1002${'28ac02'}${SOFT_PLACEMENT}`);
});
test('no GPU', () => {
  expect(hex({ device: 'cpu' })).toBe(`0a07${'0a03475055'}${'1000'}${SOFT_PLACEMENT}`);
});
test('growth and limit of GPU memory', () => {
  expect(hex({ memoryGrowth: true, memoryLimit: 1024 })).toBe(
    `320b${'2001'}${'4a07'}${'0a05'}${'0d00008044'}${SOFT_PLACEMENT}`,
  );
});
