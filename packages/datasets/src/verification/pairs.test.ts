import { sharedData } from '@facewright/test/shared-data';
import fc from 'fast-check';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder, writeTree } from '../../test/files.js';
import { openImages } from './images.js';
import { parsePairs, readPairs } from './pairs.js';

const LFW = ['2\t1', 'Anna_A\t1\t12', 'Anna_A\t3\tBen B\t4', 'Ben B\t2\t5', 'Cy\t1\tAnna_A\t2', ''].join('\n');

describe('LFW pairs', () => {
  test('become image paths, fold by fold', () => {
    expect(parsePairs(LFW, 'pairs.txt')).toEqual({
      folds: 2,
      pairs: [
        { a: 'Anna_A/Anna_A_0001.jpg', b: 'Anna_A/Anna_A_0012.jpg', same: true, fold: 0 },
        { a: 'Anna_A/Anna_A_0003.jpg', b: 'Ben B/Ben B_0004.jpg', same: false, fold: 0 },
        { a: 'Ben B/Ben B_0002.jpg', b: 'Ben B/Ben B_0005.jpg', same: true, fold: 1 },
        { a: 'Cy/Cy_0001.jpg', b: 'Anna_A/Anna_A_0002.jpg', same: false, fold: 1 },
      ],
    });
    expect(parsePairs(LFW.replaceAll('\n', '\r\n'), 'pairs.txt', 'png').pairs[0].a).toBe('Anna_A/Anna_A_0001.png');
    expect(parsePairs('1\nA 1 2\nA 1 B 2', 'pairsDevTrain.txt')).toMatchObject({
      folds: 1,
      pairs: [{ same: true }, { same: false, fold: 0 }],
    });
  });

  test.each([
    ['cut off', LFW.split('\n').slice(0, 4).join('\n'), /has 3 pairs, but its first line says 2 × 2 × 1 = 4/, 'p.txt'],
    [
      'with a wrong line',
      LFW.replace('Ben B\t2\t5', 'Ben B\t2\tx'),
      /not a pair of the same person: "Ben B 2 x"/,
      'p.txt, line 4',
    ],
    [
      'with kinds in the wrong order',
      LFW.replace('Anna_A\t1\t12', 'Anna_A\t1\tCy\t12'),
      /not a pair of the same person/,
      'p.txt, line 2',
    ],
    ['empty', '\n# nothing\n', /is empty/, 'p.txt'],
  ])('%s are one clear error', (_, text, what, where) => {
    expect(() => parsePairs(text, 'p.txt')).toThrow(
      expect.objectContaining({ name: 'FacewrightError', what: expect.stringMatching(what) as string, where }),
    );
  });

  const path = sharedData('lfw/pairs.txt');
  const zip = sharedData('lfw/lfw-112x112.zip');
  test.skipIf(!path || !zip)(
    'of the standard file: 6,000 in 10 folds, with all their images in the zip (needs ../shared/data/lfw)',
    async () => {
      const { folds, pairs } = await readPairs(path!);
      expect(folds).toBe(10);
      expect(pairs).toHaveLength(6000);
      for (let fold = 0; fold < 10; fold++) {
        const own = pairs.filter((pair) => pair.fold === fold);
        expect([own.length, own.filter(({ same }) => same).length]).toEqual([600, 300]);
      }
      for (const { a, b, same } of pairs) expect(a.split('/')[0] === b.split('/')[0]).toBe(same);
      const images = await openImages(zip!);
      expect(pairs.filter(({ a, b }) => !images.has(a) || !images.has(b))).toEqual([]);
      images.close();
    },
  );
});

describe('plain pairs', () => {
  test('are read with spaces, tabs or commas', () => {
    const { folds, pairs } = parsePairs(
      '# mine\na/1.jpg a/2.jpg 1\nmy a/1.jpg\tb\\2.jpg\t0\n./c d.jpg, e.jpg, 1\nf.jpg g.jpg 0\n',
      'p.txt',
    );
    expect(folds).toBe(2);
    expect(pairs).toEqual([
      { a: 'a/1.jpg', b: 'a/2.jpg', same: true, fold: 0 },
      { a: 'my a/1.jpg', b: 'b/2.jpg', same: false, fold: 0 },
      { a: 'c d.jpg', b: 'e.jpg', same: true, fold: 1 },
      { a: 'f.jpg', b: 'g.jpg', same: false, fold: 1 },
    ]);
  });

  test('a fourth field is the fold, in all lines or none; with tabs, commas belong to names', () => {
    expect(
      parsePairs('# mine\na, b/1.jpg\ta, b/2.jpg\t1\t7\nc.jpg\td.jpg\t0\t7\ne.jpg\tf.jpg\t1\t2\n', 'p.txt'),
    ).toEqual({
      folds: 2,
      pairs: [
        { a: 'a, b/1.jpg', b: 'a, b/2.jpg', same: true, fold: 1 },
        { a: 'c.jpg', b: 'd.jpg', same: false, fold: 1 },
        { a: 'e.jpg', b: 'f.jpg', same: true, fold: 0 },
      ],
    });
    expect(() => parsePairs('a.jpg b.jpg 1 0\na.jpg c.jpg 0\n', 'p.txt')).toThrow(
      expect.objectContaining({ where: 'p.txt, line 2' }),
    );
    expect(() => parsePairs('a.jpg b.jpg 1\na.jpg c.jpg 0 1\n', 'p.txt')).toThrow(
      expect.objectContaining({ where: 'p.txt, line 2' }),
    );
    expect(() => parsePairs('a.jpg b.jpg 1 x\n', 'p.txt')).toThrow('"x" is not a fold number');
  });

  test('every fold has both kinds, however they are sorted', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 60 }), (kinds) => {
        const { folds, pairs } = parsePairs(kinds.map((same, i) => `a${i}.jpg b${i}.jpg ${+same}`).join('\n'), 'p.txt');
        const [same, different] = [kinds.filter(Boolean).length, kinds.filter((kind) => !kind).length];
        expect(folds).toBe(Math.max(1, Math.min(10, same, different)));
        expect(pairs.map((pair) => pair.same)).toEqual(kinds);
        if (same && different)
          for (let fold = 0; fold < folds; fold++)
            expect(new Set(pairs.filter((pair) => pair.fold === fold).map((pair) => pair.same)).size).toBe(2);
      }),
    );
  });

  test('a wrong line is one clear error', async () => {
    const root = writeTree(temporaryFolder(), { 'p.txt': 'a.jpg b.jpg 1\na.jpg b.jpg 2\n' });
    await expect(readPairs(join(root, 'p.txt'))).rejects.toMatchObject({
      what: 'This line is not a pair: "a.jpg b.jpg 2".',
      where: `${join(root, 'p.txt')}, line 2`,
    });
    await expect(readPairs(join(root, 'q.txt'))).rejects.toMatchObject({
      what: 'The pairs file does not exist.',
      where: join(root, 'q.txt'),
    });
  });
});
