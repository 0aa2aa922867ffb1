import { FacewrightError } from '@facewright/core';
import fc from 'fast-check';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder, writeTree } from '../../test/files.js';
import { readTemplates, type TemplateSet } from './templates.js';

const base = temporaryFolder();
let number = 0;
/** The lists from their text; `undefined` for no list of pairs. */
function read(images: string, pairs?: string): Promise<TemplateSet> {
  const root = writeTree(join(base, String(number++)), {
    'images.txt': images,
    ...(pairs !== undefined && { 'pairs.txt': pairs }),
  });
  return readTemplates(join(root, 'images.txt'), pairs === undefined ? undefined : join(root, 'pairs.txt'));
}
const IMAGES = '# image template person\n./1.jpg t1 ann\n2.jpg t2 ben\nx\\3.jpg t1 ann\n4.jpg t3 ann\n';

describe('lists of templates', () => {
  test('images of a template belong together, and the people determine which pairs are the same', async () => {
    const set = await read(IMAGES, 't1 t3\nt1 t2\nt2 t3\n');
    expect(set.templates).toEqual([
      { id: 't1', person: 'ann', images: ['1.jpg', 'x/3.jpg'] },
      { id: 't2', person: 'ben', images: ['2.jpg'] },
      { id: 't3', person: 'ann', images: ['4.jpg'] },
    ]);
    expect([...set.a].map((a, i) => [a, set.b[i], set.same[i]])).toEqual([
      [0, 2, 1],
      [0, 1, 0],
      [1, 2, 0],
    ]);
  });

  test('without a list, all pairs of templates are used; without people, the list determines which are the same', async () => {
    const all = await read(IMAGES);
    expect([...all.a].map((a, i) => [a, all.b[i], all.same[i]])).toEqual([
      [0, 1, 0],
      [0, 2, 1],
      [1, 2, 0],
    ]);
    const labelled = await read('\uFEFF1.jpg 1\n2.jpg 2\n3.jpg 3\n', '1 2 1\r\n3 2 0\r\n');
    expect([...labelled.a].map((a, i) => [a, labelled.b[i], labelled.same[i]])).toEqual([
      [0, 1, 1],
      [2, 1, 0],
    ]);
    expect(await read(IMAGES, 't1,t3,1\nt1,t2,0\n')).toMatchObject({ same: Uint8Array.of(1, 0) });
  });

  test('many pairs are distributed over ten folds with both kinds in each', async () => {
    const images = Array.from({ length: 60 }, (_, i) => `${i}.jpg t${i} p${i % 20}`).join('\n');
    const { a, b, same, fold, folds, templates } = await read(images);
    expect([a.length, folds]).toEqual([1770, 10]);
    for (let f = 0; f < 10; f++) expect(new Set([...same].filter((_, i) => fold[i] === f)).size).toBe(2);
    for (let i = 0; i < a.length; i++) expect(same[i] === 1).toBe(templates[a[i]].person === templates[b[i]].person);
  });

  test.each([
    [
      'a template with two people',
      '1.jpg t1 ann\n2.jpg t1 ben\n',
      undefined,
      /"t1" belongs to "ben" here, but to "ann" above/,
      'images.txt, line 2',
    ],
    [
      'lines with different numbers of fields',
      '1.jpg t1 ann\n2.jpg t2\n',
      undefined,
      /not an image of a template/,
      'images.txt, line 2',
    ],
    ['one template', '1.jpg t1 ann\n', undefined, /has one template/, 'images.txt'],
    ['nothing', '\n', undefined, /has no template/, 'images.txt'],
    ['no people and no pairs', '1.jpg t1\n2.jpg t2\n', undefined, /does not name people/, 'images.txt'],
    ['no people and no labels', '1.jpg t1\n2.jpg t2\n', 't1 t2\n', /It is unknown whether/, 'pairs.txt, line 1'],
    ['an unknown template', IMAGES, 't1 t2\nt1 t9\n', /no template "t9"/, 'pairs.txt, line 2'],
    ['a contradiction', IMAGES, 't1 t2 0\nt1 t3 0\n', /to "ann" and "ann"/, 'pairs.txt, line 2'],
    ['a wrong label', IMAGES, 't1 t2 2\n', /not a pair of templates/, 'pairs.txt, line 1'],
    ['no pairs', IMAGES, '# none\n', /has no pairs/, 'pairs.txt'],
  ])('%s is one clear error', async (_, images, pairs, what, where) => {
    await expect(read(images, pairs)).rejects.toMatchObject({
      name: 'FacewrightError',
      what: expect.stringMatching(what) as string,
      where: expect.stringContaining(where) as string,
    });
  });

  test('a missing list, and a folder, are clear errors', async () => {
    const root = temporaryFolder();
    await expect(readTemplates(join(root, 'nowhere.txt'))).rejects.toMatchObject({
      what: 'The template list does not exist.',
    });
    await expect(readTemplates(root)).rejects.toMatchObject({ what: 'This is a folder, not a template list.' });
  });

  test('any text gives a set or one of our errors', async () => {
    const field = fc.constantFrom('t1', 't2', 'ann', '1', '0', '', '#', '"', 'ä.jpg');
    const text = fc
      .array(
        fc.array(field, { maxLength: 4 }).map((fields) => fields.join(' ')),
        { maxLength: 6 },
      )
      .map((lines) => lines.join('\n'));
    await fc.assert(
      fc.asyncProperty(text, fc.option(text, { nil: undefined }), async (images, pairs) => {
        const error: unknown = await read(images, pairs).then(
          () => undefined,
          (error: unknown) => error,
        );
        if (error !== undefined) expect(error).toBeInstanceOf(FacewrightError);
      }),
      { numRuns: 60 },
    );
  });
});
