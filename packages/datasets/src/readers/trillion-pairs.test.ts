import { createRandom, landmarkPoints, type Identity } from '@facewright/core';
import { testContext, testReader } from '@facewright/testkit';
import fc from 'fast-check';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { jpeg, temporaryFolder, writeTree } from '../../test/files.js';
import { labelOf, parseLine, parseWhole } from './landmark-line.js';
import { trillionPairs } from './trillion-pairs.js';

const root = temporaryFolder();
const POINTS = '30.29 51.69 65.5 51.5 48 71.7 33.5 92.3 62.7 92.2';

beforeAll(async () => {
  const photo = await jpeg();
  writeTree(root, {
    'msra/a/1.jpg': photo,
    'msra/a/2.jpg': photo,
    'msra/b/1.jpg': photo,
    'msra/b/照 片.jpg': photo,
    msra_lmk: [
      `msra/a/1.jpg 0 ${POINTS}`,
      `msra/b/1.jpg 1 ${POINTS}`,
      '',
      `msra/a/2.jpg 0 ${POINTS}`,
      `msra/b/照 片.jpg 1 ${POINTS}`,
    ].join('\r\n'),
    celebrity_lmk: `\uFEFFmsra/b/1.jpg 0 ${POINTS}\n`,
    'test_lmk.txt': `msra/a/1.jpg ${POINTS}\nmsra/b/1.jpg ${POINTS}\nmsra/b/照 片.jpg ${POINTS}\nloose.jpg ${POINTS}\n`,
    broken_lmk: [
      `msra/a/1.jpg 0 ${POINTS}`,
      `msra/a/2.jpg 0 ${POINTS.split(' ').slice(1).join(' ')}`,
      `msra/b/1.jpg 1 ${POINTS.replace('48', 'x')}`,
      `msra/b/照 片.jpg 1 ${POINTS.split(' ').slice(1).join(' ')}`,
      `msra/a/1.jpg 0 ${POINTS}`,
      `../elsewhere.jpg 1 ${POINTS}`,
      'msra/b/9.jpg',
      'what is this',
      `msra/b/missing.jpg 1 ${POINTS}`,
    ].join('\n'),
    'empty.txt': '\n',
    'prose.txt': 'not a list\nat all\n',
  });
});

const read = async (options: Parameters<typeof trillionPairs>[0]): Promise<Identity[]> => {
  const reader = await trillionPairs(options).create(testContext({ baseDirectory: root }));
  const list: Identity[] = [];
  for await (const identity of reader.identities()) list.push(identity);
  return list;
};

testReader(() => trillionPairs({ path: 'msra_lmk' }), {
  name: 'trillion-pairs',
  baseDirectory: root,
  expected: { 0: 2, 1: 2 },
});
testReader(() => trillionPairs({ path: 'test_lmk.txt' }), {
  name: 'trillion-pairs, test form',
  baseDirectory: root,
  expected: { 'msra/a': 1, 'msra/b': 2, '(no label)': 1 },
});
testReader(() => trillionPairs({ path: 'broken_lmk' }), { name: 'trillion-pairs, broken list', baseDirectory: root });

describe('trillion-pairs', () => {
  test('groups an unsorted list by label, in order of first occurrence, with its landmarks', async () => {
    const people = await read({ path: 'msra_lmk' });
    expect(people.map(({ name, photos }) => [name, photos.map(({ id }) => id)])).toEqual([
      ['0', ['msra/a/1.jpg', 'msra/a/2.jpg']],
      ['1', ['msra/b/1.jpg', 'msra/b/照 片.jpg']],
    ]);
    expect(landmarkPoints(people[1].photos[1].landmarks!).flat()).toEqual(POINTS.split(' ').map(Number));
    await expect(people[1].photos[1].bytes()).resolves.toBeInstanceOf(Uint8Array);
  });

  test('keeps labels of several lists apart', async () => {
    const people = await read({ path: ['msra_lmk', 'celebrity_lmk'] });
    expect(people.map(({ name }) => name)).toEqual(['msra_lmk:0', 'msra_lmk:1', 'celebrity_lmk:0']);
    // a photo named in both lists belongs to the first
    expect(people[2].photos[0].excluded).toMatchObject({ reason: 'listed-twice' });
    await expect(read({ path: ['msra_lmk', join(root, 'msra_lmk')] })).rejects.toThrow(/same name/);
  });

  test('paths are relative to `images`', async () => {
    const [person] = await read({ path: 'msra_lmk', images: 'elsewhere' });
    await expect(person.photos[0].bytes()).rejects.toMatchObject({
      reason: 'unreadable',
      where: join(root, 'elsewhere/msra/a/1.jpg'),
    });
  });

  test('a broken line excludes its photo with its position, and does not stop the reader', async () => {
    const people = await read({ path: 'broken_lmk' });
    expect(
      people.map(({ name, photos }) => [
        name,
        photos.map(({ id, excluded }) => [id, excluded?.reason, excluded?.detail.replace(`${root}/`, '')]),
      ]),
    ).toEqual([
      [
        '0',
        [
          ['msra/a/1.jpg', undefined, undefined],
          ['msra/a/2.jpg', 'bad-landmarks', 'broken_lmk, line 2: 9 numbers instead of 10'],
          [
            'msra/a/1.jpg (broken_lmk, line 5)',
            'listed-twice',
            'broken_lmk, line 5: the same path is on an earlier line',
          ],
        ],
      ],
      [
        '1',
        [
          ['msra/b/1.jpg', 'bad-landmarks', 'broken_lmk, line 3: "x" is not a number'],
          ['msra/b/照 片.jpg', 'bad-landmarks', 'broken_lmk, line 4: 9 numbers instead of 10'],
          [
            'elsewhere.jpg',
            'bad-landmarks',
            'broken_lmk, line 6: the path "../elsewhere.jpg" points outside the image folder',
          ],
          ['msra/b/missing.jpg', undefined, undefined],
        ],
      ],
      [
        '(no label)',
        [
          ['msra/b/9.jpg', 'bad-landmarks', 'broken_lmk, line 7: 0 numbers instead of 10'],
          ['what', 'bad-landmarks', 'broken_lmk, line 8: no field looks like the name of an image'],
        ],
      ],
    ]);
    expect(people.flatMap(({ photos }) => photos).filter(({ landmarks, excluded }) => landmarks && excluded)).toEqual(
      [],
    );
  });

  test('Ctrl-C stops the listing', async () => {
    const aborted = new AbortController();
    aborted.abort();
    const reader = await trillionPairs({ path: 'msra_lmk' }).create({
      ...testContext({ baseDirectory: root }),
      signal: aborted.signal,
    });
    await expect(reader.identities()[Symbol.asyncIterator]().next()).rejects.toThrow('Interrupted');
  });

  test.each([
    ['a missing list', 'nowhere', /list does not exist/],
    ['a folder', 'msra', /a folder, not a list/],
    ['an empty list', 'empty.txt', /is empty/],
    ['some other text', 'prose.txt', /No line .* line 1 starts with "not a list"/],
  ])('%s is one clear error', async (_, path, what) => {
    await expect(read({ path })).rejects.toMatchObject({
      name: 'FacewrightError',
      what: expect.stringMatching(what) as string,
      where: join(root, path),
    });
  });
});

describe('a line of a landmark list', () => {
  const word = fc.stringMatching(/^[^\s\\/.]{1,8}$/u);
  const path = fc
    .array(
      fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join(' ')),
      { minLength: 1, maxLength: 3 },
    )
    .map((parts) => `${parts.join('/')}.jpg`);
  const value = fc.double({ min: -500, max: 5000, noNaN: true });
  const line = fc.record({ path, label: word, values: fc.array(value, { minLength: 10, maxLength: 10 }) });

  test('is read back as written', () => {
    fc.assert(
      fc.property(line, fc.boolean(), ({ path, label, values }, labelled) => {
        const parsed = parseLine([path, ...(labelled ? [label] : []), ...values].join(' '), labelled);
        expect(parsed.problem).toBeUndefined();
        expect(parsed.path).toBe(path);
        expect(parsed.label).toBe(labelled ? label : undefined);
        expect(
          landmarkPoints(parsed.landmarks!)
            .flat()
            .map((v) => v + 0),
        ).toEqual(values.map((v) => v + 0));
      }),
    );
  });

  test('with missing numbers is never mistaken for a complete one', () => {
    fc.assert(
      fc.property(line, fc.boolean(), fc.integer({ min: 1, max: 10 }), ({ path, label, values }, labelled, missing) => {
        const parsed = parseLine([path, ...(labelled ? [label] : []), ...values.slice(missing)].join(' '), labelled);
        expect(parsed.landmarks).toBeUndefined();
        expect(parsed.path).toBe(path);
        expect(parsed.problem).toMatch(`${10 - missing} numbers instead of 10`);
      }),
    );
  });

  test('has the same label whether found the fast way or not', () => {
    const numbers = fc.array(
      fc.oneof(
        fc.nat(9999).map((n) => String(n / 100)),
        fc.constantFrom('-1.5', '1e3', 'x', '.5', '5.', '1'.repeat(400)),
      ),
      { minLength: 8, maxLength: 12 },
    );
    fc.assert(
      fc.property(
        fc.oneof(path, word, fc.constant('a.jpg')),
        fc.oneof(word, fc.constantFrom('7', 'b.png', '')),
        numbers,
        fc.constantFrom(' ', '  ', '\t'),
        (first, label, values, blank) => {
          const text = [first, label, ...values].join(blank);
          expect(labelOf(text)).toBe(parseLine(text, true).label);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('with any text gives landmarks or a problem, and never throws', () => {
    const random = createRandom(3);
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }).filter((text) => text.trim() !== ''),
        (text) => {
          const parsed = parseLine(text, random.uniform() < 0.5);
          expect(Boolean(parsed.landmarks) !== Boolean(parsed.problem)).toBe(true);
        },
      ),
    );
    expect(parseWhole(`a.jpg 1 ${POINTS.replace('48', '1e999')}`, true)).toBeUndefined();
  });
});

test.each([
  ['path label', 'msra/a/1.jpg 0\nmsra/b/1.jpg ben\nmsra/b/照 片.jpg\tben\n', { 0: 1, ben: 2 }],
  [
    'index label path, as im2rec writes it',
    '0\t0.000000\tmsra/a/1.jpg\n1\t7.000000\tmsra/b/照 片.jpg\n',
    { 0: 1, 7: 1 },
  ],
  ['aligned path label, as InsightFace writes it', '1\tmsra/a/1.jpg\t0\n1\tmsra/b/1.jpg\t12\n', { 0: 1, 12: 1 }],
])('a list without landmarks: %s', async (_, text, expected) => {
  writeTree(root, { 'train.lst': `${text}no photo\n../out.jpg 0\n` });
  const people: Identity[] = [];
  const reader = await trillionPairs({ path: join(root, 'train.lst') }).create(testContext());
  for await (const person of reader.identities()) people.push(person);
  const photos = people.flatMap((person) => person.photos);
  const usable = photos.filter(({ excluded }) => !excluded);
  const counts: Record<string, number> = {};
  for (const { identity, landmarks } of usable) {
    expect(landmarks).toBeUndefined();
    counts[identity] = (counts[identity] ?? 0) + 1;
  }
  expect(counts).toEqual(expected);
  await Promise.all(usable.map((photo) => photo.bytes()));
  expect(photos.filter(({ excluded }) => excluded).map(({ excluded }) => excluded!.reason)).toEqual([
    'bad-label',
    'bad-label',
  ]);
});
