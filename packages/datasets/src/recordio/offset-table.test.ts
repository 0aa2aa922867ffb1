import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OffsetTable } from './offset-table.js';

test('holds what a map would, whatever the ids', () => {
  const id = fc.oneof(fc.nat(50), fc.integer({ min: 1000, max: 9000 }), fc.integer({ min: 0, max: 1e15 }));
  fc.assert(
    fc.property(fc.array(fc.tuple(id, fc.nat()), { maxLength: 200 }), (entries) => {
      const table = new OffsetTable();
      const map = new Map<number, number>();
      for (const [key, offset] of entries) {
        expect(table.add(key, offset)).toBe(!map.has(key));
        if (!map.has(key)) map.set(key, offset);
      }
      expect(table.size).toBe(map.size);
      for (const [key, offset] of map) expect(table.get(key)).toBe(offset);
      expect(new Map(table)).toEqual(map);
      for (const other of [0, 51, 999, 12_345]) expect(table.get(other)).toBe(map.get(other));
    }),
  );
});
