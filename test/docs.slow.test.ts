/** Code on pages is code that works: blocks compile, and those that show a file show it as it is. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { blocksOf, isPart, pages, root, typeErrors, withFiles } from './support/code-blocks.js';

const blocks = pages().flatMap((page) => blocksOf(page));
const BROKEN = '<!-- given: declare const a: number; -->\n```ts\na;\nconst b: string = a;\n```\n';

test('TypeScript on pages compiles, and a block that does not is found with its page and line', () => {
  const checked = blocks.filter(
    ({ language, marker }) => language === 'ts' && marker?.kind !== 'file' && marker?.kind !== 'part of',
  );
  expect(checked.length).toBeGreaterThan(20);
  expect(typeErrors([...checked, ...blocksOf('broken.md', BROKEN)])).toEqual([
    "broken.md:4: Type 'number' is not assignable to type 'string'.",
  ]);
});

// after a change: UPDATE=1 npx vitest run --project slow test/docs.slow.test.ts
test.each([...new Set(blocks.filter(({ marker }) => marker?.kind === 'file').map(({ page }) => page))])(
  '%s shows files as they are',
  (page) => {
    const text = readFileSync(join(root, page), 'utf8');
    if (process.env.UPDATE) writeFileSync(join(root, page), withFiles(text));
    expect(readFileSync(join(root, page), 'utf8')).toBe(withFiles(text));
  },
);

test('what is said to be a part of a file is in it', () => {
  const parts = blocks.filter(({ marker }) => marker?.kind === 'part of');
  expect(parts.filter((block) => !isPart(block)).map(({ page, line }) => `${page}:${line}`)).toEqual([]);
});
