/** Bad input ends with one clear message, or is counted, listed with its reason and skipped. */
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openDataset } from '@facewright/datasets';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  drawPeople,
  facewright,
  filesBelow,
  patches,
  put,
  readJson,
  temporary,
  TINY,
  writeConfig,
  writeDetector,
  type Ended,
} from './helpers/tool.js';

// each test starts the tool several times, on machines that may be busy
let directory: string;
let config: string;
beforeAll(async () => {
  directory = await temporary();
  await writeDetector(directory);
  config = await writeConfig(directory, { ...TINY, detector: './centre.mjs' });
});

/** One message with what, where and what to do, no stack, and exit code 1. */
function expectOneError({ code, stderr, stdout }: Ended, what: RegExp, todo: RegExp): void {
  expect(stderr).toMatch(what);
  expect(stderr).toMatch(new RegExp(`to do: .*${todo.source}`));
  expect(stderr.match(/^error:/gm)).toHaveLength(1);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(stdout).toBe('');
  expect(code).toBe(1);
}

describe('no run at all', () => {
  const run = (data: string, ...more: string[]): Promise<Ended> =>
    facewright(['run', '--data', data, '--out', join(directory, 'none'), '--config', config, ...more]);

  test('no such folder', async () => {
    expectOneError(await run(join(directory, 'nowhere')), /There is no such file or folder/, /--data/);
  });

  test('an empty folder', async () => {
    const empty = join(directory, 'empty');
    await mkdir(empty, { recursive: true });
    expectOneError(await run(empty), /The folder is empty/, /one subfolder per person/);
  });

  test('a folder with one photo in it', async () => {
    await put(join(directory, 'one', 'photo.jpg'), await patches(1).jpeg().toBuffer());
    expectOneError(await run(join(directory, 'one')), /has one photo directly/, /folder of their own/);
  });

  test('photos without people are aligned one by one, and not trained on', async () => {
    for (const name of ['one', 'two', 'three'])
      await put(join(directory, 'flat', `${name}.jpg`), await patches(name.length).jpeg().toBuffer());
    const other = await writeConfig(await temporary(), { detector: join(directory, 'centre.mjs') });
    const out = join(directory, 'flat prepared');
    const prepared = await facewright(['prepare', '--data', join(directory, 'flat'), '--out', out, '--config', other]);
    expect([prepared.code, prepared.stderr]).toEqual([
      0,
      expect.stringMatching(
        /warning: Nothing says who is in the 3 photos directly in .*flat, so each is treated as a separate person/,
      ),
    ]);
    const dataset = await openDataset(out);
    expect([dataset.identities, Array.from({ length: dataset.length }, (_, index) => dataset.sourceOf(index))]).toEqual(
      [
        ['one', 'three', 'two'],
        ['one.jpg', 'three.jpg', 'two.jpg'],
      ],
    );
    await dataset.close();
    expectOneError(
      await facewright(['train', '--data', out, '--out', join(directory, 'none'), '--config', config]),
      /None of the 3 people in the dataset has a second photo/,
      /one folder per person/,
    );
    expectOneError(await run(join(directory, 'flat')), /has 3 photos directly/, /folder of their own/);
  });

  test('fewer than two people left', async () => {
    await put(join(directory, 'alone', 'ann', '1.jpg'), await patches(1).jpeg().toBuffer());
    await put(join(directory, 'alone', 'bob', '1.jpg'), 'text');
    expectOneError(
      await run(join(directory, 'alone')),
      /Fewer than two people are left after preparation: 1.*not-an-image/,
      /Check the excluded photos\. Otherwise provide photos/,
    );
  });

  test("too few photos for the original project's tiers, when those are requested", async () => {
    const { tiers: _, ...seedTiers } = TINY;
    const other = await writeConfig(await temporary(), seedTiers);
    const { list } = await drawPeople(await temporary(), { people: 3, photos: 3 });
    const seed = ['--config', other, '--min-photos', '31'];
    expectOneError(
      await facewright(['run', '--data', list, '--out', join(directory, 'none'), ...seed]),
      /None of 3 people has enough photos: each needs at least 31, and the most that anyone has is 3/,
      /--min-photos/,
    );
  });

  test('an unknown config key is reported with its file and the closest valid key', async () => {
    const wrong = await writeConfig(await temporary(), { sead: 3 });
    const ended = await facewright(['run', '--sample', '--config', wrong]);
    expectOneError(ended, /Unknown key "sead"/, /Did you mean "seed"/);
    expect(ended.stderr).toContain(wrong);
  });

  test('an unknown plugin, and an option it does not have', async () => {
    const place = await temporary();
    expectOneError(
      await facewright(
        [
          'run',
          '--data',
          directory,
          '--config',
          await writeConfig(place, { stages: [{ loss: 'arcfase', until: { steps: 1 } }] }),
        ],
        { cwd: place },
      ),
      /Unknown loss "arcfase"/,
      /Did you mean "arcface"/,
    );
    expectOneError(
      await facewright(
        [
          'run',
          '--data',
          directory,
          '--config',
          await writeConfig(place, { stages: [{ loss: { name: 'arcface', margin: 1 }, until: { steps: 1 } }] }),
        ],
        { cwd: place },
      ),
      /Unknown key "margin"/,
      /Known keys: s, m/,
    );
    expectOneError(
      await facewright(['run', '--data', directory, '--backend', 'quantum'], { cwd: place }),
      /Unknown backend "quantum"/,
      /wasm/,
    );
  });

  test('no data given; an output that is a file', async () => {
    expectOneError(await facewright(['run'], { cwd: await temporary() }), /No data was given/, /--sample/);
    await put(join(directory, 'file'), 'x');
    expectOneError(
      await facewright(['run', '--sample', '--out', join(directory, 'file')]),
      /The output directory is a file/,
      /--out/,
    );
  });

  test('with --json the error is the only document', async () => {
    const ended = await facewright(['run', '--data', join(directory, 'nowhere'), '--json']);
    expect(ended.json()).toEqual({
      error: {
        what: expect.stringContaining('no such'),
        where: join(directory, 'nowhere'),
        todo: expect.any(String),
      },
    });
    expect(ended.code).toBe(1);
  });

  test('a wrong command-line option', async () => {
    const ended = await facewright(['run', '--sead', '3']);
    expect([ended.code, ended.stderr]).toEqual([
      1,
      expect.stringMatching(/unknown option '--sead'\n\(Did you mean --seed\?\)/),
    ]);
  });
});

test('bad photos are counted, listed with their reason and skipped; unusual ones are used', async () => {
  const people = join(directory, 'photos');
  const good = ['ann', 'Jörg Weiß', '山田 太郎', 'dot.ted'];
  for (const [person, name] of good.entries()) {
    for (let photo = 0; photo < 4; photo++)
      await put(
        join(people, name, `photo ${photo} é.jpg`),
        await patches(person * 10 + photo)
          .jpeg()
          .toBuffer(),
      );
  }
  const whole = await patches(99).jpeg().toBuffer();
  const at = (name: string): string => join(people, 'ann', name);
  await put(at('truncated.jpg'), whole.subarray(0, whole.length / 2));
  await put(at('pixel.png'), await patches(1, 1, 1).png().toBuffer());
  await put(at('text.jpg'), 'this is no photo');
  await put(at('empty.jpg'), '');
  await symlink(join(directory, 'gone.jpg'), at('dangling.jpg'));
  await put(at('alpha.png'), await patches(2).ensureAlpha(0.5).png().toBuffer());
  await put(at('grey.jpg'), await patches(3).greyscale().jpeg().toBuffer());
  await put(at('cmyk.jpg'), await patches(4).toColourspace('cmyk').jpeg().toBuffer());
  await put(at('upright.jpg'), await patches(5).jpeg({ quality: 100 }).toBuffer());
  await put(
    at('rotated.jpg'),
    await patches(5).rotate(90).jpeg({ quality: 100 }).withMetadata({ orientation: 8 }).toBuffer(),
  );
  for (let photo = 0; photo < 2; photo++)
    await put(
      join(people, 'nobody', `${photo}.jpg`),
      await patches(0).blur(500).modulate({ saturation: 0 }).threshold(255).jpeg().toBuffer(),
    );
  await put(join(people, 'broken', '1.jpg'), 'text');

  const out = join(directory, 'run');
  const ended = await facewright(['run', '--data', people, '--out', out, '--config', config]);
  expect(ended.stderr).toContain('None of the photos of “nobody” could be used, 2 in all.');
  expect(ended.code).toBe(0);
  const dataset = await openDataset(join(out, 'dataset'));
  expect(dataset.identities.toSorted()).toEqual(good.toSorted());
  const excluded: Record<string, string> = {};
  for await (const { photo, reason } of dataset.exclusions()) excluded[photo] = reason;
  expect(excluded).toEqual({
    'ann/truncated.jpg': 'unreadable',
    'ann/pixel.png': 'too-small',
    'ann/text.jpg': 'not-an-image',
    'ann/empty.jpg': 'not-an-image',
    'ann/dangling.jpg': 'unreadable',
    'nobody/0.jpg': 'no-face',
    'nobody/1.jpg': 'no-face',
    'broken/1.jpg': 'not-an-image',
  });
  expect(dataset.summary).toMatchObject({ photos: 16 + 10 + 3, kept: 16 + 5, dropped: 8 });

  // EXIF orientation is applied before face detection
  const image = (name: string): Promise<{ data: Uint8Array }> =>
    dataset.read([...dataset.labels.keys()].findIndex((index) => dataset.sourceOf(index) === `ann/${name}`));
  const [upright, rotated, other] = [
    (await image('upright.jpg')).data,
    (await image('rotated.jpg')).data,
    (await image('grey.jpg')).data,
  ];
  const difference = (a: Uint8Array, b: Uint8Array): number =>
    a.reduce((sum, value, index) => sum + Math.abs(value - b[index]), 0) / a.length;
  expect(difference(upright, rotated)).toBeLessThan(4);
  expect(difference(upright, other)).toBeGreaterThan(20);
  await dataset.close();

  const { preparation } = await readJson<{ preparation: { reasons: unknown } }>(join(out, 'metrics.json'));
  expect(preparation.reasons).toEqual({ unreadable: 2, 'too-small': 1, 'not-an-image': 3, 'no-face': 2 });
});

test('a landmark line with missing numbers excludes its photo by name', async () => {
  const place = await temporary();
  const { folder, list } = await drawPeople(place);
  const lines = (await readFile(list, 'utf8')).trimEnd().split('\n');
  lines[0] = lines[0].split(' ').slice(0, -2).join(' ');
  await writeFile(join(folder, 'broken.txt'), lines.join('\n'));
  const out = join(place, 'dataset');
  const ended = await facewright([
    'prepare',
    '--data',
    join(folder, 'broken.txt'),
    '--out',
    out,
    '--config',
    config,
    '--json',
  ]);
  expect(ended.json()).toMatchObject({
    photos: 30,
    kept: 29,
    reasons: { 'bad-landmarks': 1 },
    exclusions: [
      { photo: '0000/0000.jpg', reason: 'bad-landmarks', detail: expect.stringContaining('broken.txt, line 1') },
    ],
  });
});

test('a run that failed during preparation leaves no partial dataset, and may be started again', async () => {
  const out = join(await temporary(), 'out');
  const args = (data: string): string[] => ['run', '--data', data, '--out', out, '--config', config];
  await put(join(directory, 'pair', 'ann', '1.jpg'), 'text');
  await put(join(directory, 'pair', 'bob', '1.jpg'), 'text');
  expect((await facewright(args(join(directory, 'pair')))).code).toBe(1);
  expect(await filesBelow(out)).toEqual(['events.jsonl', 'run.json']);
  const { list } = await drawPeople(await temporary());
  expect((await facewright(args(list))).code).toBe(0);
});
