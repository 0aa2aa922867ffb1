/** Repeated names are found in any number of parts. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NameHashes } from './name-table.js';

test('the first of equal names, whatever share of the hashes is in the table at once', () => {
  const names = fc.array(fc.string({ maxLength: 2 }), { maxLength: 100 });
  fc.assert(
    fc.property(names, fc.integer({ min: 1, max: 120 }), (texts, inTable) => {
      const hashes = new NameHashes(texts.length, inTable);
      const first = new Map<string, number>();
      for (const [number, text] of texts.entries()) {
        const bytes = Buffer.from(text);
        hashes.add(number, bytes, 0, bytes.length);
        if (!first.has(text)) first.set(text, number);
      }
      const expected = texts.map((text) => first.get(text)!);
      const found = hashes.firstOf();
      if (first.size === texts.length) expect(found).toBeUndefined();
      else expect([...found!]).toEqual(expected);
    }),
  );
});
