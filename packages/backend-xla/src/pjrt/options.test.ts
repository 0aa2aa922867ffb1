/** The bytes of compile options, compared with bytes that XLA is known to read. */
import { expect, test } from 'vitest';
import { encodeCompileOptions } from './options.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test('one device', () => {
  expect(hex(encodeCompileOptions())).toBe('1a0f08ffffffffffffffffff0120012801');
});

test('four devices with Shardy', () => {
  const assignment = '4a18' + '08011004' + '1a030a0100' + '1a030a0101' + '1a030a0102' + '1a030a0103';
  expect(hex(encodeCompileOptions({ partitions: 4 }))).toBe(
    `1a2e08ffffffffffffffffff01200128043001${assignment}980101`,
  );
});

test('flags of every type, added to the defaults', () => {
  const one = (flags: Record<string, string | number | boolean>): string =>
    hex(encodeCompileOptions({ flags })).slice('1a0f08ffffffffffffffffff0120012801'.length);
  expect(one({ xla_dump_hlo_as_text: true })).toBe(
    `3a1a0a14${Buffer.from('xla_dump_hlo_as_text').toString('hex')}12021001`,
  );
  expect(one({ a: 'b' })).toBe('3a080a016112030a0162');
  expect(one({ a: 300 })).toBe('3a080a0161120318ac02');
  expect(one({ a: 0.5 })).toBe('3a0e0a0161120921000000000000e03f');
});
