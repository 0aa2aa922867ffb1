/** Lines are found again where they are in the file, whatever ends them, and grouped as if all were in memory. */
import fc from 'fast-check';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
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

async function grouped(options?: Parameters<typeof indexLines>[3]): Promise<[string, ListLine[]][]> {
  const index = await indexLines(path, reading, signal, options);
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
        // sorted on disk, whatever fits in memory
        for (const groupBytes of [1, 20, 1e6])
          expect(await grouped({ scattered: -1, groupBytes })).toEqual(expected(lines));
      },
    ),
  );
});

test('a list of more than one piece, its people in turn', async () => {
  const lines = Array.from({ length: 14_500 }, (_, index) => `p${index % 7} ${'ä'.repeat(index % 600)}${index}`);
  writeFileSync(path, lines.join('\n'));
  expect(statSync(path).size).toBeGreaterThan(8 << 20); // a piece
  const groups = await grouped();
  const sorted = await grouped({ scattered: 1000, groupBytes: 1 << 20 });
  expect(JSON.stringify(sorted) === JSON.stringify(groups)).toBe(true);
  expect(groups.map(([name]) => name)).toEqual(['p0', 'p1', 'p2', 'p3', 'p4', 'p5', 'p6']);
  for (const [person, [, own]] of groups.entries()) {
    const wanted = lines.flatMap((text, index) => (index % 7 === person ? [`${index + 1} ${text}`] : []));
    expect(own.map(({ text, number }) => `${number} ${text}`).join('\n') === wanted.join('\n')).toBe(true);
  }
});

test('nothing is left of what was sorted, whether all was read or not, and where there is no room each line is looked for', async () => {
  const leftovers = (): string[] => readdirSync(root).filter((name) => name.startsWith('facewright-list'));
  const lines = Array.from({ length: 100 }, (_, index) => `p${index % 3} ${index}`);
  writeFileSync(path, lines.join('\n'));
  vi.stubEnv('TMPDIR', root);
  try {
    const index = await indexLines(path, reading, signal, { scattered: 0 });
    for await (const { name } of index.lines()) if (name === 'p1') break;
    for await (const { lines } of index.lines()) expect(lines.length).toBeGreaterThan(32);
    expect(leftovers()).toEqual([]);
    vi.stubEnv('TMPDIR', join(root, 'nowhere'));
    expect(await grouped({ scattered: 0 })).toEqual(expected(lines));
  } finally {
    vi.unstubAllEnvs();
  }
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
  const wrong = [...texts, ...texts].filter((text) => {
    const isNew = !seen.has(text);
    seen.add(text);
    return set.add(text) !== isNew;
  });
  expect(wrong).toEqual([]);
});
