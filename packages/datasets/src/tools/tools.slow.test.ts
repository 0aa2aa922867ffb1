import { createRandom, sampleAt, type RgbImage } from '@facewright/core';
import { decodeImage, encodeImage } from '@facewright/platform/node';
import { sharedData } from '@facewright/test/shared-data';
import fc from 'fast-check';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { decoded, golden, IMAGES } from '../../test/formats.js';
import { temporaryFolder, writeTree } from '../../test/files.js';
import { openDataset } from '../dataset/open.js';
import { createDatasetWriter } from '../dataset/writer.js';
import { imagePaths } from '../writers/names.js';
import { createRecordWriter } from '../writers/record-writer.js';
import { openCollection } from './collection.js';
import { convertDataset, TARGETS } from './convert.js';
import { datasetInfo } from './info.js';
import { previewDataset } from './preview.js';
import { recogniseFormat } from './recognise.js';
import { verifyDataset } from './verify.js';

const root = temporaryFolder();
const alignment = (size: number): string => `template size=${size}`;
const random = createRandom('images');
const noise = (seed: number, size = 32): RgbImage => {
  const own = random.fork(seed);
  return { width: size, height: size, data: Uint8Array.from({ length: size * size * 3 }, () => own.integer(256)) };
};
const PEOPLE = ['Zoë Saldaña', 'b c', '王小明', '..x', 'A', 'd'];
const photos: Record<string, Uint8Array> = {};
beforeAll(async () => {
  for (const [p, person] of PEOPLE.entries()) {
    for (let photo = 0; photo <= p % 3; photo++)
      photos[`${person.replace('..', 'dots')}/photo ${photo}.${photo ? 'png' : 'jpg'}`] = await encodeImage(
        noise(p * 10 + photo),
        photo ? 'png' : 'jpeg',
      );
  }
  writeTree(join(root, 'people'), photos);
});

/** All images in hex, by person. */
async function contents(path: string): Promise<unknown> {
  const found = await openCollection(path);
  if (found.format === 'insightface-bin') throw new Error('no people');
  const all: Record<string, string[]> = {};
  for await (const { name, images } of found.people())
    all[name] = await Promise.all(images.map(async ({ bytes }) => Buffer.from(await bytes()).toString('hex')));
  await found.close();
  return Object.fromEntries(Object.entries(all).map(([name, list]) => [name, list.sort()]));
}

describe('a conversion', () => {
  test.each(TARGETS)('to %s and back to folders keeps every byte, name and person', async (to) => {
    const there = join(root, `there ${to}`);
    expect(await convertDataset(join(root, 'people'), there, { to, alignment })).toMatchObject({
      from: 'folder',
      to,
      people: 6,
      images: 12,
    });
    expect(await recogniseFormat(there)).toEqual({ format: to, paths: [there] });
    expect(await contents(there)).toEqual(await contents(join(root, 'people')));
    const back = join(root, `back ${to}`);
    await convertDataset(there, back, { to: 'folder' });
    expect(await contents(back)).toEqual(await contents(join(root, 'people')));
    expect(readdirSync(back, { recursive: true }).sort()).toEqual(
      readdirSync(join(root, 'people'), { recursive: true }).sort(),
    );
    for (const other of TARGETS) {
      const next = join(root, `${to} to ${other}`);
      await convertDataset(there, next, { to: other, alignment });
      expect(await contents(next), other).toEqual(await contents(join(root, 'people')));
      expect((await verifyDataset(next)).problems).toEqual([]);
    }
    expect(readdirSync(root).filter((name) => name.endsWith('.partial'))).toEqual([]);
  });

  test('no two images get paths that some systems treat as equal, and no path leads outside', () => {
    const pathOf = imagePaths();
    const paths = [
      ['A', 'x/1.jpg'],
      ['a', 'y/1.jpg'],
      ['A', 'z/1.png'],
      ['A', 'x/1-2.jpg'],
      ['..', '../../.jpg'],
    ].map(([identity, source]) => pathOf({ identity, source, kind: 'original' }, 'jpg'));
    expect([...paths, pathOf({ identity: 'A', source: '1.jpg', kind: 'opening' }, 'png')]).toEqual([
      'A/1.jpg',
      'a-2/1.jpg',
      'A/1-2.jpg',
      'A/1-2-2.jpg',
      '__/_.jpg',
      'A/1.opening.png',
    ]);
  });

  test('WebDataset keeps augmented copies with their photo, so a split does not separate them', async () => {
    const writer = await createDatasetWriter(join(root, 'copies'));
    const samples = ['a/1.jpg', 'a/2.jpg', 'b/1.jpg'].flatMap((source) =>
      ['original', 'opening', 'salt-and-pepper'].map((kind) => ({ identity: source[0], source, kind })),
    );
    for (const [index, sample] of samples.entries()) await writer.addEncoded(sample, await encodeImage(noise(index)));
    await writer.finish({
      photos: 3,
      kept: 3,
      dropped: 0,
      reasons: {},
      perTier: {},
      identities: 2,
      images: 9,
      alignment: { fingerprint: alignment(32), size: 32 },
      seed: 1,
      seconds: 1,
    });
    await convertDataset(join(root, 'copies'), join(root, 'copies tar'), { to: 'webdataset' });
    await convertDataset(join(root, 'copies tar'), join(root, 'copies again'), { to: 'dataset', alignment });
    const again = await openDataset(join(root, 'copies again'));
    expect(samples.map((_, index) => sampleAt(again, index))).toEqual(samples);
    expect(await datasetInfo(join(root, 'copies tar'))).toMatchObject({
      images: 9,
      kinds: { original: 3, opening: 3, 'salt-and-pepper': 3 },
    });
    expect(Buffer.from(await again.bytes(4))).toEqual(Buffer.from(await encodeImage(noise(4))));
    await again.close();
    await convertDataset(join(root, 'copies tar'), join(root, 'copies out'), { to: 'folder' });
    expect(readdirSync(join(root, 'copies out/b')).sort()).toEqual(['1.jpg', '1.opening.jpg', '1.salt-and-pepper.jpg']);
  });

  test('of a landmark list keeps the landmarks', async () => {
    const lines = Object.keys(photos).map(
      (path, index) => `${path} ${index % 3} ${Array.from({ length: 10 }, (_, i) => index + i / 4).join(' ')}`,
    );
    writeTree(join(root, 'given'), { ...photos, msra_lmk: `${lines.join('\n')}\nlost/1.jpg 0 1 2 3\n` });
    const to = join(root, 'listed');
    const { exclusions, images } = await convertDataset(join(root, 'given'), to, { to: 'webdataset' });
    expect(images).toBe(12);
    expect(exclusions).toMatchObject([{ photo: 'lost/1.jpg', identity: '0', reason: 'bad-landmarks' }]);
    expect(await datasetInfo(to)).toMatchObject({ people: 3, images: 12, withLandmarks: 12 });
    const folder = join(root, 'listed folder');
    await convertDataset(to, folder, { to: 'folder' });
    expect(await datasetInfo(join(folder, 'landmarks.txt'))).toMatchObject({
      format: 'trillion-pairs',
      people: 3,
      images: 12,
      withLandmarks: 12,
      excluded: {},
    });
    expect(await contents(join(folder, 'landmarks.txt'))).toEqual(await contents(folder));
  });

  test('of a verification set gives its images and a list of pairs', async () => {
    writeTree(root, { 'set.bin': decoded(golden.bin['bytes 4']) });
    const to = join(root, 'pairs');
    expect(await convertDataset(join(root, 'set.bin'), to, { to: 'folder' })).toMatchObject({
      from: 'insightface-bin',
      images: 6,
    });
    expect(readFileSync(join(to, 'pairs.txt'), 'utf8')).toBe(
      '00000.jpg 00001.jpg 1\n00002.jpg 00003.jpg 0\n00004.jpg 00005.jpg 0\n',
    );
    expect(readFileSync(join(to, '00004.jpg'))).toEqual(Buffer.concat([IMAGES[4], Buffer.of(4)]));
    await expect(convertDataset(join(root, 'set.bin'), join(root, 'no'), { to: 'dataset' })).rejects.toThrow(
      /can only be converted to a folder/,
    );
  });

  test('never writes into a non-empty directory, and leaves nothing if it fails', async () => {
    for (const to of TARGETS)
      await expect(convertDataset(join(root, 'people'), join(root, 'people'), { to, alignment })).rejects.toThrow(
        /Nothing was overwritten/,
      );
    writeTree(join(root, 'mixed'), {
      'a/1.png': await encodeImage(noise(1, 16), 'png'),
      'a/2.png': await encodeImage(noise(2, 18), 'png'),
    });
    await expect(
      convertDataset(join(root, 'mixed'), join(root, 'never'), { to: 'dataset', alignment }),
    ).rejects.toThrow(/differ in size/);
    await expect(convertDataset(join(root, 'mixed'), join(root, 'never'), { to: 'dataset' })).rejects.toThrow(
      /that is unknown/,
    );
    expect(readdirSync(root).filter((name) => name.startsWith('never'))).toEqual([]);
  });
});

test('records match those of insightface and mxnet byte for byte', async () => {
  const directory = join(root, 'written');
  const writer = await createRecordWriter(directory);
  const names: [string, number[]][] = [
    ['p7', [0, 1]],
    ['p0', [2]],
    ['p3', [3, 4]],
  ];
  for (const [identity, images] of names)
    for (const [number, image] of images.entries())
      await writer.add({
        identity,
        source: `people/${identity}/${number}.jpg`,
        kind: 'original',
        bytes: IMAGES[image],
      });
  await writer.finish();
  // labels are counted from 0: the files differ only in each image's label, 4 bytes after the start of its record and
  // header
  const expected = decoded(golden.numbered.rec);
  const offsets = golden.numbered.idx
    .trim()
    .split('\n')
    .map((line) => Number(line.split('\t')[1]));
  [0, 0, 1, 2, 2].forEach((label, index) => expected.writeFloatLE(label, offsets[index + 1] + 8 + 4));
  expect(readFileSync(join(directory, 'train.rec')).toString('hex')).toBe(expected.toString('hex'));
  expect(readFileSync(join(directory, 'train.idx'), 'utf8')).toBe(golden.numbered.idx);
  expect(
    readFileSync(join(directory, 'train.lst'), 'utf8')
      .split('\n')
      .map((line) => line.split('\t')[1]),
  ).toEqual([...golden.numbered.lst.split('\n').map((line) => line.split('\t')[1]?.replace('people/', ''))]);
});

test('any bytes pass through records and tar files unchanged', async () => {
  const image = fc
    .array(fc.oneof(fc.constant(Buffer.from('0a23d7ce', 'hex')), fc.uint8Array({ maxLength: 7 })), {
      minLength: 1,
      maxLength: 6,
    })
    .map((parts) => Buffer.concat(parts))
    .filter((bytes) => bytes.length > 0);
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(image, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 }),
      async (people) => {
        const from = join(root, 'any', String(run++));
        people.forEach((images, person) => {
          mkdirSync(join(from, 'in', `p${person}`), { recursive: true });
          images.forEach((bytes, index) => writeFileSync(join(from, 'in', `p${person}`, `${index}.jpg`), bytes));
        });
        await convertDataset(join(from, 'in'), join(from, 'rec'), { to: 'insightface-rec' });
        await convertDataset(join(from, 'rec'), join(from, 'tar'), { to: 'webdataset', shardBytes: 6000 });
        expect(await contents(join(from, 'rec'))).toEqual(await contents(join(from, 'in')));
        expect(await contents(join(from, 'tar'))).toEqual(await contents(join(from, 'in')));
        for (const shard of readdirSync(join(from, 'tar')))
          expect(statSync(join(from, 'tar', shard)).size).toBeLessThanOrEqual(6000);
      },
    ),
    { numRuns: 25 },
  );
});

describe('verifying a set', () => {
  test('finds each damaged image and file', async () => {
    const copy = async (to: (typeof TARGETS)[number]): Promise<string> => {
      const path = join(root, `damaged ${to}`);
      await convertDataset(join(root, 'people'), path, { to, alignment });
      expect(await verifyDataset(path)).toMatchObject({ format: to, images: 12, ok: true });
      return path;
    };
    const flip = (path: string, at: number): void => {
      const bytes = readFileSync(path);
      bytes[at] ^= 0x55;
      writeFileSync(path, bytes);
    };
    const folder = await copy('folder');
    writeFileSync(join(folder, 'b c', 'photo 0.jpg'), 'no image');
    expect((await verifyDataset(folder)).problems).toEqual([
      { where: 'b c/photo 0.jpg', reason: 'not-an-image', detail: expect.any(String) as string },
    ]);

    const dataset = await copy('dataset');
    flip(join(dataset, 'shard-00000.tar'), 1500);
    expect((await verifyDataset(dataset)).problems.map(({ reason }) => reason)).toEqual(['unreadable', 'checksum']);

    const rec = await copy('insightface-rec');
    const lines = readFileSync(join(rec, 'train.idx'), 'utf8').trim().split('\n');
    const offset = (id: number): number => Number(lines[id].split('\t')[1]);
    flip(join(rec, 'train.rec'), offset(5) + 8 + 4 + 3); // the sign and exponent of a label, the second number of its range
    expect((await verifyDataset(rec)).problems.map(({ reason }) => reason)).toEqual(['label', 'list']);
    writeFileSync(join(rec, 'train.idx'), `${lines.join('\n')}\n99\t5\n`);
    expect((await verifyDataset(rec)).problems.map(({ reason }) => reason)).toEqual(['label', 'list', 'index']);
  });

  const real = sharedData('formats/small_lfw.bin');
  test.skipIf(!real)('of a real .bin, and its summary (needs ../shared/data/formats)', async () => {
    expect(await verifyDataset(real!)).toMatchObject({ format: 'insightface-bin', images: 20, ok: true });
    expect(await datasetInfo(real!)).toMatchObject({
      images: 20,
      pairs: { same: 10, different: 0 },
      looks: { 'jpeg 112×112': 20 },
    });
    await convertDataset(real!, join(root, 'small lfw'), { to: 'folder' });
    expect(readdirSync(join(root, 'small lfw'))).toHaveLength(21);
  });
});

test('a folder of Trillion Pairs means its labelled lists, whose labels stay apart', async () => {
  const line = (path: string, label: string): string => `${path}${label} 1 2 3 4 5 6 7 8 9 10\n`;
  const path = writeTree(join(root, 'trillion'), {
    'msra/0/1.jpg': 'm',
    'celebrity/0/1.jpg': 'c',
    msra_lmk: line('msra/0/1.jpg', ' 0'),
    celebrity_lmk: line('celebrity/0/1.jpg', ' 0'),
    'testdata_lmk.txt': line('testdata/a.jpg', ''),
  });
  expect(await recogniseFormat(path)).toEqual({
    format: 'trillion-pairs',
    paths: ['celebrity_lmk', 'msra_lmk'].map((name) => join(path, name)),
  });
  expect(await contents(path)).toEqual({
    'msra_lmk:0': [Buffer.from('m').toString('hex')],
    'celebrity_lmk:0': [Buffer.from('c').toString('hex')],
  });
  expect(await recogniseFormat(join(path, 'testdata_lmk.txt'))).toMatchObject({ format: 'trillion-pairs' });
});

test.each([
  ['set.tar.gz', /Compressed archives/],
  ['set.7z', /Compressed archives/],
  ['face.JPG', /is a single photo, not a dataset/],
  ['train.idx', /belongs to an InsightFace/],
])('%s is not a set, and the error says why', async (name, what) => {
  await expect(recogniseFormat(join(writeTree(join(root, 'no sets'), { [name]: 'x' }), name))).rejects.toThrow(what);
});

test('info counts people, images, kinds and sizes', async () => {
  expect(await datasetInfo(join(root, 'people'))).toEqual({
    format: 'folder',
    path: join(root, 'people'),
    people: 6,
    images: 12,
    imagesPerPerson: { least: 1, median: 2, most: 3 },
    kinds: { original: 12 },
    withLandmarks: 0,
    excluded: {},
    looks: { 'jpeg 32×32': 6, 'png 32×32': 6 },
  });
  expect(await datasetInfo(join(root, 'there dataset'))).toMatchObject({
    format: 'dataset',
    alignment: { fingerprint: 'template size=32', size: 32 },
  });
  await expect(datasetInfo(join(root, 'nowhere'))).rejects.toThrow(/does not exist/);
});

describe('a preview', () => {
  test('shows each person’s images in a row, as a PNG', async () => {
    const [first, second] = [noise(0, 40), noise(1, 40)];
    writeTree(join(root, 'two'), {
      'a & <b>/1.png': await encodeImage(first, 'png'),
      'c/1.png': await encodeImage(second, 'png'),
      'c/2.png': 'damaged',
    });
    const sheet = await decodeImage(await previewDataset(join(root, 'two'), { size: 40 }));
    expect([sheet.width, sheet.height]).toEqual([170 + 2 * 46 + 6, 2 * 60 + 6]);
    const cell = await sharp(sheet.data, { raw: { width: sheet.width, height: sheet.height, channels: 3 } })
      .extract({ left: 170, top: 66, width: 40, height: 40 })
      .raw()
      .toBuffer();
    expect(Buffer.compare(cell, second.data)).toBe(0);
    // the title of the first row is drawn
    const title = await sharp(sheet.data, { raw: { width: sheet.width, height: sheet.height, channels: 3 } })
      .extract({ left: 0, top: 0, width: 160, height: 60 })
      .greyscale()
      .raw()
      .toBuffer();
    expect(title.some((value) => value < 100)).toBe(true);
  });

  test('fills its rows for many people with one image each', async () => {
    const path = writeTree(
      join(root, 'flat'),
      Object.fromEntries(
        await Promise.all(
          Array.from(
            { length: 7 },
            async (_, index) => [`${index}.png`, await encodeImage(noise(index), 'png')] as const,
          ),
        ),
      ),
    );
    expect(await decodeImage(await previewDataset(path, { people: 2, images: 3, size: 32 }))).toMatchObject({
      width: 6 + 3 * 38 + 6,
      height: 6 + 2 * 52,
    });
    expect(await decodeImage(await previewDataset(path, { people: 7, images: 3, size: 32 }))).toMatchObject({
      width: 170 + 38 + 6,
    });
  });

  test('shows the pairs of a verification set', async () => {
    const real = join(root, 'there zip.png');
    writeFileSync(real, await previewDataset(join(root, 'set.bin'), { people: 2, size: 24 }));
    expect(await decodeImage(readFileSync(real))).toMatchObject({ width: 170 + 2 * 30 + 6 });
  });
});
