/** A preparation in parts, merged: the same bytes as the undivided one, whatever the number of parts. */
import { fromUser, Interrupted, type Identity, type Photo, type PreparationSummary } from '@facewright/core';
import {
  createDatasetWriter,
  datasetInfo,
  mergeParts,
  openDataset,
  preparedSummary,
  type DatasetWriterOptions,
} from '@facewright/datasets';
import fc from 'fast-check';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { countingDetector, person, photo, photoBytes, readerOf, run, tiersOf } from '../../test/prepare-support.js';
import { createFivePointAligner } from '../align/index.js';
import type { PrepareOptions } from './options.js';
import { Division, partDirectory } from './part.js';
import { prepare } from './prepare.js';

const root = mkdtempSync(join(tmpdir(), 'facewright parts '));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const tiers = tiersOf([
  { name: 'many', above: 6, pick: 5, augment: [] },
  { name: 'some', above: 2, augment: [fromUser('opening'), fromUser('gaussian-noise')] },
  { name: 'few', above: 1, augment: [] },
]);
const damaged = (name: string, number: number): Photo =>
  photo(name, `${number}.png`, async () => Buffer.from(`no image ${number}`));
const withoutLandmarks: Partial<Photo> = { landmarks: undefined };
/** Of every kind: too few photos, some picked, none usable, one name in two places, long and foreign names. */
const PEOPLE: Identity[] = [
  person('only one', 1),
  person('Zoë Saldaña', 4),
  { name: 'none usable', photos: [damaged('none usable', 0), damaged('none usable', 1), damaged('none usable', 2)] },
  person('many', 9),
  person('王小明', 2),
  person('only two', 1, { excluded: { reason: 'bad-landmarks', detail: 'line 7' } }),
  {
    name: 'mixed',
    photos: [...person('mixed', 3).photos, damaged('mixed', 3), photo('mixed', 'é.png', () => photoBytes(44))],
  },
  person('Zoë Saldaña', 2),
  person(`long ${'n'.repeat(130)}`, 3),
  person('last', 1),
];
const writerOptions: DatasetWriterOptions = { format: 'png', shardBytes: 20_000 };
/** Small faces: 32 pixels are aligned and encoded in a tenth of the time of 112. */
const aligner = createFivePointAligner(32);

async function prepareInto(
  directory: string,
  more: Partial<PrepareOptions> = {},
  people = PEOPLE,
  options: DatasetWriterOptions = writerOptions,
): Promise<PreparationSummary> {
  const writer = await createDatasetWriter(directory, { ...options, replace: true });
  return prepare(
    run(readerOf(...people), { tiers, aligner, writer, directory, resumeKey: { detector: 'none' }, ...more }).options,
  );
}

async function prepareParts(
  name: string,
  of: number,
  more: Partial<PrepareOptions> = {},
  people = PEOPLE,
): Promise<string> {
  const parts = join(root, name);
  // in any order
  for (let number = of; number >= 1; number--)
    await prepareInto(partDirectory(parts, { number, of }), { part: { number, of }, ...more }, people);
  return parts;
}

/** Every file's bytes by name; dataset.json without the duration. */
function contents(directory: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(directory)
      .sort()
      .map((name) => {
        const bytes = readFileSync(join(directory, name));
        return [
          name,
          name === 'dataset.json' ? bytes.toString().replace(/"seconds": [\d.e-]+/, '') : bytes.toString('base64'),
        ];
      }),
  );
}

let whole: Record<string, string>;
beforeAll(async () => {
  await prepareInto(join(root, 'whole'));
  whole = contents(join(root, 'whole'));
});

describe('parts and their merge', () => {
  test('the test has what it is about: several shards, and photos left out for several reasons', async () => {
    expect(Object.keys(whole).filter((name) => name.endsWith('.tar')).length).toBeGreaterThan(4);
    const { reasons, perTier } = (await preparedSummary(join(root, 'whole')))!;
    expect(Object.keys(reasons)).toEqual(['too-few-photos', 'not-an-image', 'not-picked']);
    expect(Object.values(perTier).every(({ images }) => images > 0)).toBe(true);
  });

  test.each([1, 3, 10, 14])('%i parts give the bytes of the whole', async (of) => {
    const parts = await prepareParts(`parts-${of}`, of);
    expect(readdirSync(parts)).toHaveLength(of);
    const progress: number[] = [];
    const merged = await mergeParts([parts], join(root, `merged-${of}`), {
      emit: (type, event) => type === 'progress' && void progress.push((event as { done: number }).done),
    });
    expect(contents(join(root, `merged-${of}`))).toEqual(whole);
    expect(progress.at(-1)).toBe(merged.summary.images);
    const glob = readdirSync(parts).map((name) => join(parts, name));
    await mergeParts(glob.reverse(), join(root, `merged-again-${of}`));
    expect(contents(join(root, `merged-again-${of}`))).toEqual(whole);
    rmSync(parts, { recursive: true });
  });

  test('a part that needs no detector has none, and the whole has the one of the others', async () => {
    const people = [person('A', 3), person('B', 3), person('C', 3, withoutLandmarks)];
    const more = { detector: countingDetector };
    await prepareInto(join(root, 'detected'), more, people);
    const parts = await prepareParts('detected-parts', 3, more, people);
    await mergeParts([parts], join(root, 'detected-merged'));
    expect(contents(join(root, 'detected-merged'))).toEqual(contents(join(root, 'detected')));
    expect((await preparedSummary(join(root, 'detected-merged')))!.alignment.detector).toBe('counting');
  });

  test('a part records its number and what all parts have in common, and can be opened', async () => {
    const parts = await prepareParts('recorded', 4);
    const records = await Promise.all(
      readdirSync(parts).map(async (name) => (await preparedSummary(join(parts, name)))!.part!),
    );
    expect(records.map(({ number, of }) => [number, of])).toEqual([
      [1, 4],
      [2, 4],
      [3, 4],
      [4, 4],
    ]);
    expect(new Set(records.map(({ basis }) => JSON.stringify(basis))).size).toBe(1);
    expect(Object.keys(records[0].basis)).toEqual(
      expect.arrayContaining(['photos', 'seed', 'tiers', 'detector', 'encoder']),
    );
    const dataset = await openDataset(join(parts, 'part-2-of-4'));
    expect(dataset.length).toBeGreaterThan(0);
    await dataset.close();
    expect((await datasetInfo(join(parts, 'part-2-of-4'))).part).toEqual({ number: 2, of: 4 });
  });

  test('a finished part is left alone when its job comes a second time', async () => {
    const directory = join(root, 'twice', 'part-1-of-2');
    const part = { number: 1, of: 2 };
    const summary = await prepareInto(directory, { part });
    const before = contents(directory);
    let opened = 0;
    const counted = PEOPLE.map((each) => ({
      ...each,
      photos: each.photos.map((one) => ({ ...one, bytes: () => (opened++, one.bytes()) })),
    }));
    const earlier = () => preparedSummary(directory);
    const told: unknown[] = [];
    const emit: PrepareOptions['emit'] = (type, event) => void told.push([type, event]);
    expect(await prepareInto(directory, { part, earlier, emit }, counted)).toEqual(summary);
    expect(opened).toBe(0);
    expect(told.at(-1)).toEqual(['notice', { level: 'info', message: 'This part is already prepared.' }]);
    expect(contents(directory)).toEqual(before);
    await expect(prepareInto(directory, { part, earlier, seed: 8 })).rejects.toThrow(
      /already prepared.*Different: seed/,
    );
    await expect(prepareInto(directory, { part: { number: 1, of: 3 }, earlier })).rejects.toThrow(
      'already another dataset',
    );
    expect(contents(directory)).toEqual(before);
    expect(existsSync(`${directory}.lock`)).toBe(false);
  });

  test('an interrupted part goes on where it stopped, but no other part from there', async () => {
    const directory = join(root, 'interrupted', 'part-1-of-2');
    const part = { number: 1, of: 2 };
    const abort = new AbortController();
    let seen = 0;
    const stop = (): void => void (++seen === 5 && abort.abort()); // at the last one picked
    const stopping = PEOPLE.map((each) => ({
      ...each,
      photos: each.photos.map((one) =>
        each.name === 'many' ? { ...one, bytes: async () => (stop(), one.bytes()) } : one,
      ),
    }));
    const small = { ...writerOptions, shardBytes: 6_000 };
    await expect(prepareInto(directory, { part, signal: abort.signal }, stopping, small)).rejects.toBeInstanceOf(
      Interrupted,
    );
    expect(existsSync(`${directory}.partial`)).toBe(true);
    const notices: string[] = [];
    const emit: PrepareOptions['emit'] = (type, event) =>
      type === 'notice' && void notices.push((event as { message: string }).message);
    await prepareInto(directory, { part, emit }, PEOPLE, small);
    expect(notices.filter((message) => message.includes('Resuming'))).toHaveLength(1);
    await prepareInto(
      partDirectory(join(root, 'interrupted'), { number: 2, of: 2 }),
      { part: { number: 2, of: 2 } },
      PEOPLE,
      small,
    );
    await prepareInto(join(root, 'uninterrupted'), {}, PEOPLE, small);
    await mergeParts([join(root, 'interrupted')], join(root, 'interrupted-merged'));
    expect(contents(join(root, 'interrupted-merged'))).toEqual(contents(join(root, 'uninterrupted')));
  });
});

describe('what is refused', () => {
  let parts: string;
  const at = (number: number): string => partDirectory(parts, { number, of: 3 });
  const merge = (paths: string[], out = 'refused'): Promise<unknown> => mergeParts(paths, join(root, out));
  beforeAll(async () => {
    parts = await prepareParts('good', 3);
  });

  test.each<[string, () => Promise<string[]>, RegExp]>([
    ['a missing part', async () => [at(1), at(3)], /A part is missing: 2\/3\.[^]*--part 2\/3/],
    ['several missing parts', async () => [at(2)], /2 parts are missing: 1\/3, 3\/3/],
    [
      'an unfinished part',
      async () => {
        cpSync(at(2), join(root, 'part-2-of-3.partial'), { recursive: true });
        return [at(1), at(3), join(root, 'part-2-of-3.partial')];
      },
      /A part is missing: 2\/3[^]*unfinished: part-2-of-3\.partial/,
    ],
    [
      'a part twice',
      async () => {
        cpSync(at(2), join(root, 'copy'), { recursive: true });
        return [at(1), at(2), at(3), join(root, 'copy')];
      },
      /Part 2\/3 is there twice[^]*copy/,
    ],
    [
      'a part of other options',
      async () => {
        const directory = join(root, 'other-options');
        await prepareInto(directory, { part: { number: 2, of: 3 }, faces: 'all', seed: 9 });
        return [at(1), directory, at(3)];
      },
      /do not belong together[^]*Different: seed, faces/,
    ],
    [
      'a part of other data',
      async () => {
        const directory = join(root, 'other-data');
        await prepareInto(directory, { part: { number: 2, of: 3 } }, PEOPLE.slice(1));
        return [at(1), directory, at(3)];
      },
      /Different: photos\./,
    ],
    [
      'a part of another number of parts',
      async () => {
        const directory = join(root, 'other-number');
        await prepareInto(directory, { part: { number: 2, of: 4 } });
        return [at(1), at(2), at(3), directory];
      },
      /Different: number of parts/,
    ],
    [
      'a part with shards of another size',
      async () => {
        const directory = join(root, 'other-shards');
        await prepareInto(directory, { part: { number: 2, of: 3 } }, PEOPLE, { format: 'png' });
        return [at(1), directory, at(3)];
      },
      /Different: size of shards/,
    ],
    ['a whole dataset', async () => [at(1), join(root, 'whole')], /a whole dataset, not a part/],
    ['nothing', async () => [join(root, 'nowhere')], /no such directory/],
    ['a file', async () => (writeFileSync(join(root, 'file'), ''), [join(root, 'file')]), /a file, not a part/],
    [
      'a damaged index',
      async () => {
        const directory = join(root, 'damaged-index');
        cpSync(at(2), directory, { recursive: true });
        const index = readFileSync(join(directory, 'index.bin'));
        index[40] ^= 1;
        writeFileSync(join(directory, 'index.bin'), index);
        return [at(1), directory, at(3)];
      },
      /index is damaged/,
    ],
    [
      'a damaged image',
      async () => {
        const directory = join(root, 'damaged-image');
        cpSync(at(2), directory, { recursive: true });
        const shard = readFileSync(join(directory, 'shard-00000.tar'));
        shard[2000] ^= 1;
        writeFileSync(join(directory, 'shard-00000.tar'), shard);
        return [at(1), directory, at(3)];
      },
      /image of the part is damaged/,
    ],
    [
      'a truncated shard',
      async () => {
        const directory = join(root, 'truncated');
        cpSync(at(2), directory, { recursive: true });
        truncateSync(join(directory, 'shard-00000.tar'), 1000);
        return [at(1), directory, at(3)];
      },
      /truncated or changed/,
    ],
  ])('%s', async (_, pathsOf, message) => {
    await expect(merge(await pathsOf())).rejects.toThrow(message);
    for (const left of ['refused', 'refused.partial', 'refused.lock']) expect(existsSync(join(root, left))).toBe(false);
  });

  test('over the parts themselves', async () => {
    for (const out of ['good', 'good/part-1-of-3', 'good/part-1-of-3/inside'])
      await expect(merge([parts], out)).rejects.toThrow('over its own parts');
  });

  test('an older dataset, unless it may be replaced', async () => {
    await merge([parts], 'older');
    await expect(merge([parts], 'older')).rejects.toThrow('already a dataset here');
    await mergeParts([parts], join(root, 'older'), { replace: true });
    expect(contents(join(root, 'older'))).toEqual(whole);
  });

  test('when it is interrupted: nothing is left', async () => {
    await expect(mergeParts([parts], join(root, 'stopped'), { signal: AbortSignal.abort() })).rejects.toBeInstanceOf(
      Interrupted,
    );
    expect(readdirSync(root).filter((name) => name.startsWith('stopped'))).toEqual([]);
  });

  test('lock files beside the parts are passed over', async () => {
    writeFileSync(join(parts, 'part-1-of-3.lock'), '');
    await merge(
      readdirSync(parts).map((name) => join(parts, name)),
      'with-locks',
    );
    expect(contents(join(root, 'with-locks'))).toEqual(whole);
  });

  test('fewer than two people in all parts together', async () => {
    const people = [person('A', 2), { name: 'B', photos: [damaged('B', 0), damaged('B', 1)] }];
    await expect(prepareInto(join(root, 'lonely'), {}, people)).rejects.toThrow('Fewer than two people');
    const lonely = await prepareParts('lonely-parts', 2, {}, people);
    await expect(merge([lonely])).rejects.toThrow(
      'Fewer than two people are left in all parts together: 1. Excluded photos: 2 × not-an-image',
    );
  });
});

test('every person is in exactly one part, parts are consecutive, and none has much more than its share to open', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(50), fc.nat(50)), { maxLength: 60 }),
      fc.integer({ min: 1, max: 20 }),
      (people, of) => {
        const total = people.reduce((sum, [, opened]) => sum + opened, 0);
        let next = 0;
        for (let number = 1; number <= of; number++) {
          const division = new Division({ number, of });
          for (const [left, opened] of people) division.add(left + opened, opened);
          const { first, end, photos } = division.range();
          if (end > first) {
            expect(first).toBe(next);
            next = end;
          }
          const own = people.slice(first, end);
          expect(photos).toBe(own.reduce((sum, [left, opened]) => sum + left + opened, 0));
          // at most half a person more at either end
          expect(own.reduce((sum, [, opened]) => sum + opened, 0)).toBeLessThanOrEqual(total / of + 50);
        }
        expect(next).toBe(people.length);
      },
    ),
  );
});

test('the directory of a part sorts by number', () => {
  expect(partDirectory('parts', { number: 3, of: 120 })).toBe(join('parts', 'part-003-of-120'));
});
