import { expect, test } from 'vitest';
import {
  createRandom,
  createRunContainer,
  FacewrightError,
  Interrupted,
  landmarksFrom,
  fromUser,
  makePart,
  pluginContext,
  SEED_TIERS,
  type Aligner,
  type Contracts,
  type Emit,
  type Photo,
} from '@facewright/core';
import { encodeImage } from '@facewright/platform/node';
import {
  countingDetector,
  LANDMARKS,
  person,
  photo,
  photoBytes,
  readerOf,
  run,
  tiersOf,
} from '../../test/prepare-support.js';
import { noiseImage, sha256 } from '../../test/support.js';
import { cropByBox } from '../align/box-crop.js';
import { createFivePointAligner } from '../align/index.js';
import { createOpening } from '../augment/opening.js';
import { prepare } from './prepare.js';

/** A photo in which the counting detector finds this many faces. */
const withFaces = (count: number) => async (): Promise<Uint8Array> => {
  const image = noiseImage(120, 120, 3);
  image.data[0] = count;
  return encodeImage(image, 'png');
};

test('each tier keeps, selects and augments by its rule, and the summary counts everything', async () => {
  const scaled = SEED_TIERS.map((rule) => ({ ...rule, above: Math.floor(rule.above / 30), pick: rule.pick && 8 }));
  expect(scaled.map(({ above }) => above)).toEqual([11, 6, 3, 1]);
  const test = run(
    readerOf(person('Picked', 12), person('Kept', 7), person('Opened', 4), person('Noised', 2), person('Dropped', 1)),
    { tiers: tiersOf(scaled), directory: '/data' },
  );
  const summary = await prepare(test.options);
  expect(summary).toMatchObject({
    photos: 26,
    kept: 21,
    dropped: 5,
    identities: 4,
    images: 8 + 7 + 8 + 8,
    seed: 7,
    reasons: { 'not-picked': 4, 'too-few-photos': 1 },
    perTier: {
      picked: { identities: 1, photos: 8, images: 8 },
      kept: { identities: 1, photos: 7, images: 7 },
      opened: { identities: 1, photos: 4, images: 8 },
      noised: { identities: 1, photos: 2, images: 8 },
    },
    alignment: { fingerprint: createFivePointAligner(112).fingerprint, size: 112 },
  });
  expect(summary.alignment.detector).toBeUndefined();
  expect(test.state.finished).toBe(summary);
  expect(test.of('prepare.excluded')).toEqual(test.state.excluded);
  expect(test.state.excluded).toHaveLength(5);
  expect(test.of('prepare.finished')[0]).toMatchObject({ directory: '/data', summary: { photos: 26 } });
  expect(test.of('progress').at(-1)).toMatchObject({ done: 26, total: 26, unit: 'photos' });

  const noised = test.state.written.filter(({ sample }) => sample.source === 'Noised/1.png');
  expect(noised.map(({ sample }) => sample.kind)).toEqual(['original', 'opening', 'gaussian-noise', 'salt-and-pepper']);
  expect(noised[0].sample.landmarks).toEqual(LANDMARKS);
  // equals the aligned image, because this face only needs a shift by whole pixels
  const moved = createFivePointAligner(112).align(noiseImage(200, 180, 1), LANDMARKS);
  expect(sha256(noised[0].image.data)).toBe(sha256(moved.data));
  expect(sha256(noised[1].image.data)).toBe(sha256(createOpening(5).augment(moved, createRandom(0)).data));
});

test('a photo whose pixels an aligner returns unchanged is not freed', async () => {
  const corner: Aligner = {
    size: 112,
    fingerprint: 'the first pixels',
    align: ({ data }) => ({ width: 112, height: 112, data: data.subarray(0, 112 * 112 * 3) }),
  };
  const test = run(readerOf(person('A', 2), person('B', 2)), {
    tiers: tiersOf([{ name: 'kept', above: 0, augment: [fromUser('opening')] }]), // whose image is another one
    aligner: corner,
  });
  await prepare(test.options);
  const first = sha256(noiseImage(200, 180, 0).data.subarray(0, 112 * 112 * 3));
  expect(test.state.written.map(({ image }) => image.data.length)).toEqual(Array(8).fill(112 * 112 * 3));
  expect(sha256(test.state.written[0].image.data)).toBe(first);
});

test('the same seed gives the same bytes, whatever loads first; another seed gives different noise', async () => {
  const bytes = async (seed: number, slow: (index: number) => number): Promise<string[]> => {
    const late = (name: string) => ({
      name,
      photos: person(name, 6).photos.map((one, index): Photo => ({
        ...one,
        bytes: () => new Promise((resolve) => setTimeout(() => resolve(one.bytes()), slow(index))),
      })),
    });
    const test = run(readerOf(late('A'), late('B')), {
      tiers: tiersOf([
        { name: 'noised', above: 0, pick: 5, augment: [fromUser('gaussian-noise'), fromUser('salt-and-pepper')] },
      ]),
      random: createRandom(seed),
    });
    await prepare(test.options);
    return test.state.written.map(({ sample, image }) => `${sample.source} ${sample.kind} ${sha256(image.data)}`);
  };
  const first = await bytes(1, (index) => index * 8);
  expect(first).toHaveLength(2 * 5 * 3);
  expect(new Set(first).size).toBe(first.length);
  expect(await bytes(1, (index) => 40 - index * 8)).toEqual(first);
  const other = await bytes(2, () => 0);
  expect(other.filter((line) => first.includes(line) && !line.includes('original'))).toEqual([]);
});

test('mistakes of the original project: an unreadable photo does not crash it: every kind of bad photo is counted with its reason, and none stops the run', async () => {
  const jpeg = Buffer.from(await encodeImage(noiseImage(80, 80, 1)));
  const bad: [string, () => Promise<Uint8Array>, Partial<Photo>?][] = [
    ['truncated.jpg', async () => jpeg.subarray(0, jpeg.length / 2)],
    ['text.jpg', async () => Buffer.from('no image at all')],
    ['empty.jpg', async () => new Uint8Array()],
    ['dot.png', () => photoBytes(1, 1, 1)],
    ['locked.jpg', () => Promise.reject(new FacewrightError({ what: 'The file cannot be opened: EACCES.' }))],
    [
      'listed.jpg',
      () => Promise.reject(new Error('never opened')),
      { excluded: { reason: 'bad-landmarks', detail: '8 numbers instead of 10' } },
    ],
    [
      'outside.png',
      () => photoBytes(1),
      {
        landmarks: landmarksFrom([
          [900, 900],
          [950, 900],
          [925, 930],
          [905, 950],
          [945, 950],
        ]),
      },
    ],
    [
      'one-point.png',
      () => photoBytes(1),
      {
        landmarks: landmarksFrom([
          [9, 9],
          [9, 9],
          [9, 9],
          [9, 9],
          [9, 9],
        ]),
      },
    ],
    ['no-landmarks.png', () => photoBytes(1), { landmarks: undefined }],
    ['aligned.png', () => photoBytes(1), { aligned: true }],
  ];
  const test = run(
    readerOf(
      { name: 'Bad', photos: bad.map(([name, bytes, more]) => photo('Bad', name, bytes, more)) },
      person('Ana Ñ', 1),
      person('李', 1),
    ),
  );
  const summary = await prepare(test.options);
  expect(summary).toMatchObject({ photos: 12, kept: 2, dropped: 10, identities: 2 });
  const reasons = Object.fromEntries(test.state.excluded.map(({ photo, reason }) => [photo, reason]));
  expect(reasons).toEqual({
    'Bad/truncated.jpg': 'unreadable',
    'Bad/text.jpg': 'not-an-image',
    'Bad/empty.jpg': 'not-an-image',
    'Bad/dot.png': 'too-small',
    'Bad/locked.jpg': 'unreadable',
    'Bad/listed.jpg': 'bad-landmarks',
    'Bad/outside.png': 'bad-landmarks',
    'Bad/one-point.png': 'bad-landmarks',
    'Bad/no-landmarks.png': 'no-landmarks',
    'Bad/aligned.png': 'wrong-size',
  });
  expect(test.state.excluded.find(({ photo }) => photo === 'Bad/locked.jpg')?.detail).toBe(
    'The file cannot be opened: EACCES.',
  );
  expect(test.of('notice')[0]).toEqual({
    level: 'warning',
    message: 'None of the photos of “Bad” could be used, 10 in all.',
  });
});

test('the policy decides which faces of a photo are kept', async () => {
  const faces = (name: string, ...counts: number[]) => ({
    name,
    photos: counts.map((count, index) =>
      photo(name, `${index}-${count}.png`, withFaces(count), { landmarks: undefined }),
    ),
  });
  const reader = readerOf(faces('A', 1, 0, 3), faces('B', 2, 1));
  const sources = async (policy: 'exactly-one' | 'largest' | 'all') => {
    const test = run(reader, {
      detector: countingDetector,
      faces: policy,
      tiers: tiersOf([{ name: 'all', above: 0, augment: [fromUser('gaussian-noise')] }]),
    });
    const summary = await prepare(test.options);
    expect(summary.alignment.detector).toBe('counting');
    return { summary, written: test.state.written };
  };
  const one = await sources('exactly-one');
  expect(one.summary.reasons).toEqual({ 'no-face': 1, 'several-faces': 2 });
  expect(one.written.map(({ sample }) => `${sample.source} ${sample.kind}`)).toEqual([
    'A/0-1.png original',
    'A/0-1.png gaussian-noise',
    'B/1-1.png original',
    'B/1-1.png gaussian-noise',
  ]);
  const largest = await sources('largest');
  expect(largest.summary).toMatchObject({ kept: 4, images: 8, reasons: { 'no-face': 1 } });
  expect(largest.written.every(({ sample }) => sample.landmarks?.leftEye[0] === 38.2946)).toBe(true);
  const all = await sources('all');
  expect(all.summary).toMatchObject({ kept: 4, images: 2 * (1 + 3 + 2 + 1) });
  expect(new Set(all.written.map(({ image }) => sha256(image.data))).size).toBeGreaterThan(10);
});

test('the centre can be used if no face is found; photos over the limits are rejected', async () => {
  const plain = {
    name: 'A',
    photos: [
      photo('A', '0.png', withFaces(0), { landmarks: undefined }),
      photo('A', 'wide.png', () => photoBytes(1, 300, 40)),
    ],
  };
  const test = run(readerOf(plain, person('B', 1)), {
    detector: countingDetector,
    withoutFace: 'centre',
    limits: { maxSide: 250 },
  });
  const summary = await prepare(test.options);
  expect(summary).toMatchObject({ kept: 2, reasons: { 'too-large': 1 } });
  const middle = noiseImage(120, 120, 3);
  middle.data[0] = 0;
  expect(sha256(test.state.written[0].image.data)).toBe(sha256(cropByBox(middle, 112).data));
  expect(test.state.written[0].sample.landmarks).toBeUndefined();
});

test('if a detector fails on a photo, only that photo is lost; it is opened only if needed', async () => {
  let opened = 0;
  const detector = async () => {
    opened++;
    return {
      ...countingDetector,
      detect: async (image: Parameters<typeof countingDetector.detect>[0]) =>
        image.width === 120 ? countingDetector.detect(image) : Promise.reject(new Error('out of memory')),
    };
  };
  const given = run(readerOf(person('A', 2), person('B', 2)), { detector });
  await prepare(given.options);
  expect(opened).toBe(0);
  const found = run(
    readerOf(person('A', 1), person('B', 1), {
      name: 'C',
      photos: [
        photo('C', 'a.png', withFaces(1), { landmarks: undefined }),
        photo('C', 'b.png', () => photoBytes(1), { landmarks: undefined }),
      ],
    }),
    { detector },
  );
  await prepare(found.options);
  expect(opened).toBe(1);
  expect(found.state.excluded).toEqual([
    { photo: 'C/b.png', identity: 'C', reason: 'detection-failed', detail: 'out of memory' },
  ]);
});

test('if a detector or aligner throws, photos are excluded, and the first failure is reported with the plugin and its message', async () => {
  const broken = <K extends 'detector' | 'aligner'>(kind: K, part: object) =>
    makePart(
      {
        meta: { name: 'my-part', kind, version: '1.0.0', apiVersion: 1 },
        options: {},
        create: async () => part as Contracts[K],
      },
      pluginContext(createRunContainer(), 'test'),
      './my-part.ts',
    );
  const failing = () => {
    throw new TypeError('x is undefined');
  };
  const detector = await broken('detector', { detect: async () => failing() });
  const unseen = { landmarks: undefined };
  const people = ['A', 'B', 'C'].map((name) => ({
    name,
    photos: [
      photo(name, 'a.png', () => photoBytes(1), name === 'C' ? unseen : {}),
      photo(name, 'b.png', () => photoBytes(2), name === 'C' ? unseen : {}),
    ],
  }));
  const first = run(readerOf(...people), { detector });
  const told: string[] = [];
  const emit: Emit = (type, event) => {
    if (type === 'notice') told.push((event as { message: string }).message);
  };
  await prepare({ ...first.options, emit });
  const of = (kind: string) => `${kind} "my-part" of ./my-part.ts: x is undefined`;
  expect(told.filter((message) => message.includes('my-part'))).toEqual([
    `Skipped C/a.png (detection-failed): ${of('detector')}`,
  ]);
  const { aligner } = first.options;
  const second = run(readerOf(...people.slice(0, 2)), {
    aligner: await broken('aligner', { ...aligner, align: failing }),
  });
  const end = prepare({ ...second.options, emit });
  await expect(end).rejects.toThrow(`Excluded photos: 4 × alignment-failed. The first: ${of('aligner')}`);
  await expect(end).rejects.toThrow('This is a bug in that plugin');
  await expect(end).rejects.not.toThrow('--faces');
  expect(told.filter((message) => message.includes('aligner'))).toEqual([
    `Skipped A/a.png (alignment-failed): ${of('aligner')}`,
  ]);
});

test('aligned photos of the right size are kept unchanged', async () => {
  const ready = (name: string) => ({
    name,
    photos: [photo(name, 'a.png', () => photoBytes(5, 112, 112), { aligned: true, landmarks: undefined })],
  });
  const test = run(readerOf(ready('A'), ready('B')));
  await prepare(test.options);
  expect(test.state.written.map(({ image }) => sha256(image.data))).toEqual(
    Array(2).fill(sha256(noiseImage(112, 112, 5).data)),
  );
});

test('fewer than two people: reported before any photo is opened, or as soon as too few are left', async () => {
  const never = (name: string) => ({ name, photos: [photo(name, 'a.png', () => Promise.reject(new Error('opened')))] });
  const early = run(readerOf(never('A'), never('B'), person('C', 40)), { tiers: tiersOf(SEED_TIERS) });
  await expect(prepare(early.options)).rejects.toThrow(
    /^Only one of 3 people has enough photos: each needs at least 31, and the most that anyone has is 40\.[^]*--min-photos/,
  );
  expect(early.state).toMatchObject({ aborted: 1, written: [] });

  const none = run(readerOf());
  await expect(prepare(none.options)).rejects.toThrow(/There are no photos of people here/);

  const late = run(readerOf(never('A'), never('B'), person('C', 1)));
  await expect(prepare(late.options)).rejects.toThrow(
    /^Fewer than two people are left after preparation: 1\. Excluded photos: 2 × unreadable/,
  );
  expect(late.state.aborted).toBe(1);
  expect(late.state.finished).toBeUndefined();
});

test('what to do about too few photos depends on how many there are', async () => {
  const errorOf = (...people: Parameters<typeof readerOf>): Promise<unknown> =>
    prepare(run(readerOf(...people), { tiers: tiersOf(SEED_TIERS) }).options).catch((error: unknown) => error);
  const fewer = (number: number) => ({ todo: expect.stringContaining(`--min-photos ${number},`) as string });
  expect(await errorOf(person('A', 1), person('B', 1))).toMatchObject({
    what: 'None of 2 people has enough photos: each needs at least 31, and the most that anyone has is 1.',
    ...fewer(2),
  });
  expect(await errorOf(person('A', 5), person('B', 30), person('C', 2))).toMatchObject(fewer(10));
  expect(await errorOf(person('A', 5), person('B', 3), person('C', 31))).toMatchObject({
    what: 'Only one of 3 people has enough photos: each needs at least 31, and the most that anyone has is 31.',
    ...fewer(10),
  });
  expect(await errorOf(person('A', 5), person('B', 4))).toMatchObject(fewer(5));
  for (const people of [[], [person('A', 40)]])
    expect(await errorOf(...people)).toMatchObject({
      todo: expect.stringContaining('one subfolder per person') as string,
    });
});

test('Ctrl-C while photos are counted', async () => {
  const { options, state } = run(readerOf(person('A', 2), person('B', 2)), { signal: AbortSignal.abort() });
  await expect(prepare(options)).rejects.toThrow('counting photos');
  expect(state).toMatchObject({ aborted: 1, written: [] });
});

test('a person of whom nothing is left is a warning, unless it is a single photo', async () => {
  const text = (name: string, count: number) => ({
    name,
    photos: Array.from({ length: count }, (_, index) => photo(name, `${index}.png`, async () => Buffer.from('text'))),
  });
  const { options, of } = run(readerOf(text('two', 2), text('one', 1), person('A', 1), person('B', 1)));
  await prepare(options);
  expect(of('notice')[0].message).toBe('None of the photos of “two” could be used, 2 in all.');
  expect(of('notice').filter(({ message }) => message.includes('“one”') || message.includes('“A”'))).toEqual([]);
});

test('Ctrl-C stops between two photos and aborts the writer', async () => {
  const interrupt = new AbortController();
  const test = run(readerOf(person('A', 30), person('B', 30)), { signal: interrupt.signal });
  const add = test.options.writer.add;
  const writer = {
    ...test.options.writer,
    add: async (...args: Parameters<typeof add>) => (
      await add(...args),
      test.state.written.length === 5 ? interrupt.abort() : undefined
    ),
  };
  await expect(prepare({ ...test.options, writer })).rejects.toBeInstanceOf(Interrupted);
  expect(test.state.written).toHaveLength(5);
  expect(test.state.aborted).toBe(1);
});

test('if a writer fails, the run ends with its error', async () => {
  const test = run(readerOf(person('A', 3), person('B', 3)));
  const writer = {
    ...test.options.writer,
    add: () => Promise.reject(new FacewrightError({ what: 'The disk is full.' })),
  };
  await expect(prepare({ ...test.options, writer })).rejects.toThrow('The disk is full.');
  expect(test.state.aborted).toBe(1);
});

test('running out of file handles ends the preparation, because the photo may be fine', async () => {
  const cause = Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE', syscall: 'open' });
  const short = photo('A', 'a.png', () => Promise.reject(new Error('The photo cannot be read.', { cause })));
  const { options, state } = run(readerOf({ name: 'A', photos: [short] }, person('B', 1), person('C', 1)));
  await expect(prepare(options)).rejects.toBe(cause);
  expect(state).toMatchObject({ aborted: 1 });
});
