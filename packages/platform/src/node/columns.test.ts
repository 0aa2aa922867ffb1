import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Column, NameColumn, UniqueNames } from './columns.js';

const name = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '/', 'ä', '噪', '\uE000', '\uFFFD', '😀', '0') });
const byCodeUnit = (a: string, b: string): number => Number(a > b) - Number(a < b);

test('a column gives back what was pushed', () => {
  const column = new Column(new Float64Array(0));
  for (let i = 0; i < 5000; i++) column.push(i * 1e10);
  column.set(7, -1);
  expect([column.length, column.at(7), column.at(4999), column.view().length]).toEqual([5000, -1, 4999e10, 5000]);
});

test('names come back, and are sorted like strings', () => {
  fc.assert(
    fc.property(fc.array(name, { maxLength: 60 }), (names) => {
      const column = new NameColumn();
      for (const each of names) column.push(each);
      const numbers = Uint32Array.from(names, (_, number) => number);
      expect(Array.from(numbers, (number) => column.at(number))).toEqual(names);
      const sorted = Array.from(column.sorted(numbers), (number) => column.at(number));
      expect(sorted).toEqual([...names].sort(byCodeUnit));
    }),
  );
});

test('names of more than a chunk, one of them larger than a chunk', () => {
  const names = Array.from({ length: 300 }, (_, i) => String(i).repeat(i === 150 ? 500_000 : 3000));
  const column = new NameColumn();
  for (const each of names) column.push(each);
  for (const [number, each] of names.entries()) expect(column.at(number) === each).toBe(true);
});

test('unique names are numbered like those of a map', () => {
  fc.assert(
    fc.property(fc.array(name, { maxLength: 200 }), (names) => {
      const unique = new UniqueNames();
      const map = new Map<string, number>();
      for (const each of names) {
        if (!map.has(each)) map.set(each, map.size);
        expect(unique.add(each)).toBe(map.get(each));
      }
      expect(unique.length).toBe(map.size);
      for (const [each, number] of map) expect([unique.find(each), unique.at(number)]).toEqual([number, each]);
      expect(unique.find('none of them')).toBeUndefined();
    }),
  );
  const many = new UniqueNames();
  for (let i = 0; i < 20_000; i++) expect(many.add(`${i % 10_000}`)).toBe(i % 10_000);
});
