import fc from 'fast-check';
import { expect, test } from 'vitest';
import { streamedEntry, tarEntry } from './tar-entry.js';

test('an entry equals that of tar-stream byte for byte, whatever its name and size', async () => {
  const name = fc
    .oneof(
      fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 101 }),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
      fc.constantFrom(`${'p'.repeat(90)}/${'i'.repeat(60)}.jpg`, 'a'.repeat(101)),
    )
    .filter((text) => text !== '' && !text.endsWith('/') && !text.includes('\0'));
  await fc.assert(
    fc.asyncProperty(name, fc.constantFrom(0, 1, 511, 512, 513, 20_000), async (text, size) => {
      const bytes = new Uint8Array(size).fill(7);
      expect(Buffer.compare(await tarEntry(text, bytes), await streamedEntry(text, bytes))).toBe(0);
    }),
  );
});
