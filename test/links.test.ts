/** Links on pages lead somewhere: to a file that is there, and to a heading that its page has. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { pages, root } from './support/code-blocks.js';

const REPOSITORY = /^https:\/\/github\.com\/facewright\/facewright\/(?:tree|blob)\/main\//;
/** Made by `npm run docs`, which fails on links to pages that are not there. */
const MADE = /^docs\/(parts|reference)\//;

const withoutCode = (text: string): string =>
  text.replace(/^```[^]*?^```$/gm, '').replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]()]/g, ''));

function targetsOf(page: string): string[] {
  const text = withoutCode(readFileSync(join(root, page), 'utf8'));
  return [...text.matchAll(/\]\(<?([^)>\s]+)>?\)/g)].map(([, target]) => target);
}

/** As on the repository's pages: lower case, without punctuation, hyphens for blanks. */
const slug = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');

function headingsOf(path: string): string[] {
  const file =
    existsSync(join(root, path)) && statSync(join(root, path)).isDirectory() ? join(path, 'README.md') : path;
  const text = readFileSync(join(root, file), 'utf8').replace(/^```[^]*?^```$/gm, '');
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => slug(heading));
}

/** What is wrong with a link, if anything. */
function problemOf(page: string, target: string): string | undefined {
  const inRepository = REPOSITORY.test(target);
  if (!inRepository && /^\w+:/.test(target)) return undefined; // another site
  const [path, anchor] = target.replace(REPOSITORY, '').split('#');
  const from = inRepository ? path : join(dirname(page), path);
  const file = path === '' && !inRepository ? page : normalize(from);
  if (MADE.test(file)) return undefined;
  if (!existsSync(join(root, file))) return `${page}: ${target} is not there`;
  const isTop = anchor === undefined || anchor === 'readme'; // the host's own anchor for the page
  return !isTop && !headingsOf(file).includes(anchor) ? `${page}: ${target} has no such heading` : undefined;
}

test('links on pages lead somewhere', () => {
  const links = pages().flatMap((page) => targetsOf(page).map((target) => [page, target] as const));
  expect(links.length).toBeGreaterThan(100);
  expect(links.flatMap(([page, target]) => problemOf(page, target) ?? [])).toEqual([]);
});

test.each([
  ['README.md', 'docs/nowhere.md', 'is not there'],
  ['README.md', 'docs/plugins.md#nowhere', 'no such heading'],
  ['docs/plugins.md', 'https://github.com/facewright/facewright/tree/main/packages/nowhere', 'is not there'],
])('%s: %s %s', (page, target, problem) => expect(problemOf(page, target)).toContain(problem));
