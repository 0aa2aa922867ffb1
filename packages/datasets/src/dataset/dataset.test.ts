import {
  createRandom,
  landmarksFrom,
  sampleAt,
  type Exclusion,
  type PreparationSummary,
  type RgbImage,
  type Sample,
} from '@facewright/core';
import { decodeImage } from '@facewright/platform/node';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder, writeTree } from '../../test/files.js';
import { openDataset, type OpenDataset } from './open.js';
import { createDatasetWriter } from './writer.js';

const root = temporaryFolder();
const SUMMARY: PreparationSummary = {
  photos: 4,
  kept: 3,
  dropped: 1,
  reasons: { 'no-face': 1 },
  perTier: { kept: { identities: 2, photos: 3, images: 6 } },
  identities: 2,
  images: 6,
  alignment: { fingerprint: 'five-point-112', size: 112, detector: 'mtcnn' },
  seed: 1,
  seconds: 2.5,
};
const random = createRandom('images');
/** A smooth image, which JPEG preserves. */
const image = (index: number, size = 112): RgbImage => {
  const r = random.fork(index);
  const [a, b, c] = [r.uniform() * 255, r.uniform(), r.uniform()];
  return {
    width: size,
    height: size,
    data: Uint8Array.from(
      { length: size * size * 3 },
      (_, i) => (a + ((i / 3) % size) * b + Math.floor(i / 3 / size) * c) % 256,
    ),
  };
};
const points = landmarksFrom([
  [30.25, 51.5],
  [65.5, 51.5],
  [48, 71.75],
  [33.5, 92.5],
  [62.75, 92.25],
]);
const LONG = 'n'.repeat(120);
const SAMPLES: Sample[] = [
  { identity: 'Zoë Saldaña', source: 'Zoë Saldaña/1.jpg', kind: 'original', landmarks: points },
  { identity: 'Zoë Saldaña', source: 'Zoë Saldaña/1.jpg', kind: 'opening', landmarks: points },
  { identity: '王小明', source: `王小明/${LONG} 照片.jpg`, kind: 'original' },
  { identity: '王小明', source: '王小明/../../x.png', kind: 'original' },
  { identity: '..', source: '../etc/passwd', kind: 'original' },
  { identity: 'Zoë Saldaña', source: 'Zoë Saldaña/2.jpg', kind: 'original' },
];

async function write(directory: string, options: Parameters<typeof createDatasetWriter>[1] = {}): Promise<string> {
  const writer = await createDatasetWriter(directory, options);
  await Promise.all(SAMPLES.map((sample, index) => writer.add(sample, image(index))));
  await writer.exclude({ photo: 'a/4.jpg', identity: 'a', reason: 'no-face' });
  await writer.exclude({ photo: 'ä\n/5.jpg', identity: 'a', reason: 'unreadable', detail: 'EIO' });
  await writer.finish(SUMMARY);
  return directory;
}
async function excludedOf(dataset: OpenDataset): Promise<Exclusion[]> {
  const all: Exclusion[] = [];
  for await (const exclusion of dataset.exclusions()) all.push(exclusion);
  return all;
}
const partials = (): string[] => readdirSync(root).filter((name) => name.endsWith('.partial'));

describe('a dataset directory', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await write(join(root, 'dataset'), { format: 'png', shardBytes: 3000 });
  });

  test('returns every image, in order, with its label and source', async () => {
    const dataset = await openDataset(directory);
    expect(dataset.identities).toEqual(['Zoë Saldaña', '王小明', '..']);
    expect(SAMPLES.map((_, index) => sampleAt(dataset, index))).toEqual(SAMPLES);
    expect([...dataset.labels]).toEqual(SAMPLES.map(({ identity }) => dataset.identities.indexOf(identity)));
    expect(dataset.summary).toEqual(SUMMARY);
    expect(await excludedOf(dataset)).toEqual([
      { photo: 'a/4.jpg', identity: 'a', reason: 'no-face' },
      { photo: 'ä\n/5.jpg', identity: 'a', reason: 'unreadable', detail: 'EIO' },
    ]);
    const read = await Promise.all(SAMPLES.map((_, index) => dataset.read(index)));
    read.forEach((found, index) => expect(found).toEqual(image(index)));
    await expect(dataset.read(6)).rejects.toThrow(RangeError);
    await dataset.close();
    await expect(dataset.read(0)).rejects.toThrow('closed');
    expect(() => dataset.sourceOf(0)).toThrow('closed');
  });

  test('has the files listed in dataset.json, with shards split at their size limit', () => {
    const { files } = JSON.parse(readFileSync(join(directory, 'dataset.json'), 'utf8')) as {
      files: { name: string; size: number; sha256: string }[];
    };
    expect(readdirSync(directory).sort()).toEqual([...files.map(({ name }) => name), 'dataset.json'].sort());
    expect(files.length).toBeGreaterThan(3);
    for (const { name, size, sha256 } of files) {
      const bytes = readFileSync(join(directory, name));
      expect([bytes.length, createHash('sha256').update(bytes).digest('hex')]).toEqual([size, sha256]);
    }
  });

  test.skipIf(process.platform === 'win32')('unpacks with tar into a single folder', async () => {
    const into = join(root, 'unpacked', 'here');
    mkdirSync(into, { recursive: true });
    for (const name of readdirSync(directory).filter((file) => file.endsWith('.tar')))
      execFileSync('tar', ['xf', join(directory, name), '-C', into]);
    expect(readdirSync(join(root, 'unpacked'))).toEqual(['here']);
    expect(readdirSync(into).sort()).toEqual(['Zoë Saldaña', '__', '王小明'].sort());
    expect(readdirSync(join(into, 'Zoë Saldaña')).sort()).toEqual([
      '1-0.original.png',
      '1-1.opening.png',
      '2-5.original.png',
    ]);
    expect(await decodeImage(readFileSync(join(into, '王小明', `${LONG} 照片-2.original.png`)))).toEqual(image(2));
  });

  test('the same images give the same bytes', async () => {
    const again = await write(join(root, 'again'), { format: 'png', shardBytes: 3000 });
    for (const name of readdirSync(directory))
      expect(readFileSync(join(again, name)).equals(readFileSync(join(directory, name))), name).toBe(true);
  });

  test('JPEG images stay close to the original values by default', async () => {
    const dataset = await openDataset(await write(join(root, 'jpeg')));
    const original = image(0).data;
    const found = (await dataset.read(0)).data;
    const error = found.reduce((sum, value, i) => sum + Math.abs(value - original[i]), 0) / found.length;
    expect(found).toHaveLength(original.length);
    expect(error).toBeGreaterThan(0);
    expect(error).toBeLessThan(6);
    await dataset.close();
  });

  test.each([
    ['a missing shard', (d: string) => rmSync(join(d, 'shard-00001.tar')), /is missing/, 'shard-00001.tar'],
    [
      'a truncated shard',
      (d: string) => truncateSync(join(d, 'shard-00000.tar'), 700),
      /has 700 bytes instead of/,
      'shard-00000.tar',
    ],
    ['a missing index', (d: string) => rmSync(join(d, 'index.bin')), /is missing/, 'index.bin'],
    ['a changed index', (d: string) => flip(join(d, 'index.bin'), 50), /index is damaged/, 'index.bin'],
    [
      'a cut list of exclusions',
      (d: string) => truncateSync(join(d, 'excluded.jsonl'), 9),
      /has 9 bytes/,
      'excluded.jsonl',
    ],
    ['no dataset.json', (d: string) => rmSync(join(d, 'dataset.json')), /not a prepared dataset/, ''],
    [
      'a truncated dataset.json',
      (d: string) => truncateSync(join(d, 'dataset.json'), 50),
      /Cannot read the dataset's metadata/,
      'dataset.json',
    ],
    [
      'another version',
      (d: string) => edit(d, (json) => ({ ...json, version: 3 })),
      /version 3; this facewright reads versions 1 and 2/,
      'dataset.json',
    ],
    [
      'a path as a file name',
      (d: string) => edit(d, (json) => ({ ...json, files: [{ name: '../x', size: 1, sha256: '' }] })),
      /files\.0\.name/,
      'dataset.json',
    ],
    ['no summary', (d: string) => edit(d, ({ summary: _, ...json }) => json), /"summary"/, 'dataset.json'],
    [
      'too few people',
      (d: string) => edit(d, (json) => ({ ...json, identities: ['a'] })),
      /refers to something that does not exist/,
      'index.bin',
    ],
  ])('%s is one clear error', async (name, spoil, what, where) => {
    const copy = join(root, `spoilt ${name}`);
    cpSync(directory, copy, { recursive: true });
    spoil(copy);
    await expect(openDataset(copy)).rejects.toMatchObject({
      name: 'FacewrightError',
      what: expect.stringMatching(what) as string,
      where: join(copy, where),
    });
  });

  test('of version 1 is read: it lists the photos left out in dataset.json', async () => {
    const copy = join(root, 'version 1');
    cpSync(directory, copy, { recursive: true });
    const file = join(copy, 'dataset.json');
    const record = JSON.parse(readFileSync(file, 'utf8')) as { files: { name: string }[]; summary: object };
    const exclusions = [{ photo: 'a/4.jpg', identity: 'a', reason: 'no-face' }];
    writeFileSync(
      file,
      JSON.stringify({
        ...record,
        version: 1,
        files: record.files.filter(({ name }) => name !== 'excluded.jsonl'),
        summary: { ...record.summary, exclusions },
      }),
    );
    const dataset = await openDataset(copy);
    expect(dataset.summary).toEqual(SUMMARY);
    expect(await excludedOf(dataset)).toEqual(exclusions);
    await dataset.close();
  });

  test('a changed image is an error when it is read', async () => {
    const copy = join(root, 'changed');
    cpSync(directory, copy, { recursive: true });
    const shard = join(copy, 'shard-00000.tar');
    flip(shard, readFileSync(shard).indexOf('PNG') + 60);
    const dataset = await openDataset(copy);
    await expect(dataset.read(0)).rejects.toMatchObject({
      name: 'FacewrightError',
      what: expect.stringContaining('damaged') as string,
    });
    await dataset.close();
  });
});

describe('the dataset writer', () => {
  test('shows nothing under the final name before it finishes, and nothing at all if aborted', async () => {
    const directory = join(root, 'aborted');
    const writer = await createDatasetWriter(directory);
    await writer.add(SAMPLES[0], image(0));
    expect(existsSync(directory)).toBe(false);
    expect(partials()).toHaveLength(1);
    await writer.abort();
    expect(existsSync(directory)).toBe(false);
    expect(partials()).toEqual([]);
    await expect(writer.add(SAMPLES[0], image(0))).rejects.toThrow('finished or aborted');
  });

  test('a kill leaves no dataset, and the next writer cleans up', async () => {
    const directory = join(root, 'killed');
    // a separate process that uses the compiled package
    const script = `
      const { createDatasetWriter } = await import(${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)});
      const writer = await createDatasetWriter(${JSON.stringify(directory)});
      await writer.add({ identity: 'a', source: 'a/1.jpg', kind: 'original' }, { width: 8, height: 8, data: new Uint8Array(192) });
      process.kill(process.pid, 'SIGKILL');`;
    expect(() => execFileSync(process.execPath, ['--input-type=module', '-e', script], { stdio: 'pipe' })).toThrow(
      expect.objectContaining({ signal: 'SIGKILL' }),
    );
    await expect(openDataset(directory)).rejects.toThrow('not a prepared dataset');
    expect(partials()).toHaveLength(1);
    await expect(openDataset(join(root, partials()[0]))).rejects.toThrow('not a prepared dataset');
    await write(directory);
    expect(partials()).toEqual([]);
    await (await openDataset(directory)).close();
  });

  test('replaces an older dataset only once the new one is complete', async () => {
    const directory = await write(join(root, 'replaced'));
    const writer = await createDatasetWriter(directory);
    await writer.add({ identity: 'new', source: 'new/1.jpg', kind: 'original' }, image(9));
    const older = await openDataset(directory);
    expect(older.identities).toHaveLength(3);
    await older.close();
    await writer.finish(SUMMARY);
    const dataset = await openDataset(directory);
    expect(dataset.identities).toEqual(['new']);
    await dataset.close();
    expect(partials()).toEqual([]);
  });

  test('rejects a directory or file that is not its own', async () => {
    const mine = writeTree(join(root, 'mine'), { 'thesis.txt': 'years of work' });
    await expect(createDatasetWriter(mine)).rejects.toMatchObject({
      what: expect.stringContaining('Nothing was overwritten') as string,
      where: mine,
    });
    await expect(createDatasetWriter(join(mine, 'thesis.txt'))).rejects.toMatchObject({ name: 'FacewrightError' });
    expect(readdirSync(mine)).toEqual(['thesis.txt']);
  });

  test('without images is a clear error, and leaves nothing', async () => {
    const writer = await createDatasetWriter(join(root, 'none'));
    await expect(writer.finish(SUMMARY)).rejects.toThrow('No images were left');
    expect(existsSync(join(root, 'none'))).toBe(false);
    expect(partials()).toEqual([]);
  });

  test('an image that cannot be encoded fails its call and finish, and leaves nothing', async () => {
    const writer = await createDatasetWriter(join(root, 'bad'));
    await expect(writer.add(SAMPLES[0], { width: 4, height: 4, data: new Uint8Array(5) })).rejects.toThrow();
    await expect(writer.finish(SUMMARY)).rejects.toThrow();
    expect(partials()).toEqual([]);
  });
});

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at] ^= 0x55;
  writeFileSync(path, bytes);
}

function edit(directory: string, change: (json: Record<string, unknown>) => unknown): void {
  const path = join(directory, 'dataset.json');
  writeFileSync(path, JSON.stringify(change(JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>)));
}
