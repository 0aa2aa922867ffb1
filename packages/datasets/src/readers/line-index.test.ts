/** Lines are found again where they are in the file, whatever ends them, and grouped as if all were in memory. */
import fc from 'fast-check';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../test/files.js';
import { indexLines, type LineReading, type ListLine } from './line-index.js';
import { TextSet } from './text-set.js';

const root = temporaryFolder();
const path = join(root, 'list');
const { signal } = new AbortController();

/** The person is what stands before the first space; a line that came before is marked. */
const reading = (): LineReading => {
  const seen = new TextSet();
  return { personOf: (text) => text.split(' ')[0], mark: (text) => !seen.add(text) };
};

async function grouped(): Promise<[string, ListLine[]][]> {
  const index = await indexLines(path, reading, signal);
  const groups: [string, ListLine[]][] = [];
  for await (const { name, lines } of index.lines()) groups.push([name, lines]);
  return groups;
}

/** The same with everything in memory. */
function expected(lines: readonly string[]): [string, ListLine[]][] {
  const groups = new Map<string, ListLine[]>();
  lines.forEach((text, index) => {
    if (text.trim() === '') return;
    const name = text.split(' ')[0];
    groups.set(name, [
      ...(groups.get(name) ?? []),
      { text, number: index + 1, marked: lines.slice(0, index).includes(text) },
    ]);
  });
  return [...groups];
}

test('any list, in any order', async () => {
  const line = fc.oneof(
    fc.constantFrom('', '  '),
    fc
      .tuple(fc.constantFrom('a', 'b', 'ä', '噪'), fc.constantFrom('1', '2', '照 片', '😀'))
      .map((parts) => parts.join(' ')),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { maxLength: 30 }),
      fc.constantFrom('\n', '\r\n'),
      fc.boolean(),
      fc.boolean(),
      async (lines, ending, ended, mark) => {
        writeFileSync(path, (mark ? '\uFEFF' : '') + lines.join(ending) + (ended ? ending : ''));
        expect(await grouped()).toEqual(expected(lines));
      },
    ),
  );
});

test('a list of more than one piece, its people in turn', async () => {
  const lines = Array.from({ length: 200_000 }, (_, index) => `p${index % 7} ${'ä'.repeat(index % 60)}${index}`);
  writeFileSync(path, lines.join('\n'));
  const groups = await grouped();
  expect(groups.map(([name]) => name)).toEqual(['p0', 'p1', 'p2', 'p3', 'p4', 'p5', 'p6']);
  for (const [person, [, own]] of groups.entries())
    expect(own.map(({ text, number }) => [text, number])).toEqual(
      lines.flatMap((text, index) => (index % 7 === person ? [[text, index + 1]] : [])),
    );
});

test('an empty list has no people, and is shown to who reads it', async () => {
  writeFileSync(path, '\n\n');
  const shown: number[] = [];
  const index = await indexLines(path, (lines) => (shown.push(lines.length), reading()), signal);
  expect([index.people, shown]).toEqual([[], [0]]);
});

test('a set of texts tells new ones from those that were there', () => {
  const set = new TextSet();
  const texts = Array.from({ length: 20_000 }, (_, index) => `${index}`.repeat(1 + (index % 3)));
  const seen = new Set<string>();
  for (const text of [...texts, ...texts]) {
    expect(set.add(text)).toBe(!seen.has(text));
    seen.add(text);
  }
});
