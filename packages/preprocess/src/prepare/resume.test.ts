/** A preparation with a writer that resumes: what it notes of each photo, and what it does anew. */
import {
  fromUser,
  Interrupted,
  type EncodedSample,
  type PreparationSummary,
  type ResumableWriter,
} from '@facewright/core';
import { decodeImage } from '@facewright/platform/node';
import { testContext } from '@facewright/testkit';
import { describe, expect, test } from 'vitest';
import { countingDetector, person, photo, photoBytes, readerOf, run, tiersOf } from '../../test/prepare-support.js';
import { createFivePointAligner } from '../align/index.js';
import { givenLandmarks } from '../given-landmarks.js';
import { prepare } from './prepare.js';
import type { PhotoNote } from './resume.js';

interface Written {
  readonly images: readonly EncodedSample[];
  readonly note: PhotoNote;
  readonly encoder?: string;
}
/** Keeps everything in memory; begins with what an earlier one has noted. */
function resumableWriter(before: readonly PhotoNote[] = [], format: 'png' | 'jpeg' = 'png') {
  const written: Written[] = [];
  const state: { key?: string; finished?: PreparationSummary; ended?: 'aborted' | 'suspended' } = {};
  const writer: ResumableWriter = {
    format,
    resume: async (key) => {
      state.key = key;
      return {
        count: before.length,
        async *notes() {
          yield* before;
        },
      };
    },
    addPhoto: async (images, note, encoder) => void written.push({ images, note: note as PhotoNote, encoder }),
    add: () => Promise.reject(new Error('photos come whole')),
    exclude: async () => undefined,
    finish: async (summary) => void (state.finished = summary),
    abort: async () => void (state.ended = 'aborted'),
    suspend: async () => void (state.ended = 'suspended'),
  };
  return { writer, written, state };
}

const tiers = tiersOf([{ name: 'all', above: 0, augment: [fromUser('opening')] }]);
const people = () => [
  person('A', 2),
  {
    name: 'B',
    photos: [
      photo('B', '0.png', () => photoBytes(7)),
      photo('B', 'text.png', async () => Buffer.from('no image')),
      photo('B', '2.png', () => photoBytes(8)),
    ],
  },
];
/** Small faces, which are encoded in a tenth of the time of those of 112 pixels. */
const SIDE = 32;
const options = { tiers, aligner: createFivePointAligner(SIDE), resumeKey: { detector: 'none' } };
async function prepared(
  before: readonly PhotoNote[] = [],
  more: Parameters<typeof run>[1] = {},
  reader = readerOf(...people()),
) {
  const memory = resumableWriter(before);
  const test = run(reader, { ...options, writer: memory.writer, ...more });
  const { seconds: _, ...summary } = await prepare(test.options);
  return { ...memory, summary, of: test.of };
}

test('each photo comes whole, with a note: its images encoded, or why there are none', async () => {
  const { written, summary } = await prepared();
  expect(written.map(({ note }) => note)).toEqual([
    { id: 'A/0.png', images: 2 },
    { id: 'A/1.png', images: 2 },
    { id: 'B/0.png', images: 2 },
    {
      id: 'B/text.png',
      exclusion: expect.objectContaining({ photo: 'B/text.png', reason: 'not-an-image' }) as unknown,
    },
    { id: 'B/2.png', images: 2 },
  ]);
  expect(written.map(({ images }) => images.map(({ sample }) => sample.kind))).toEqual([
    ['original', 'opening'],
    ['original', 'opening'],
    ['original', 'opening'],
    [],
    ['original', 'opening'],
  ]);
  expect(summary).toMatchObject({ photos: 5, kept: 4, images: 8, identities: 2 });
  const [{ images }] = written;
  expect(await decodeImage(images[0].bytes)).toMatchObject({ width: SIDE, height: SIDE });
});

test('the encoder is told where one is chosen', async () => {
  for (const [format, encoder] of [
    ['png', undefined],
    ['jpeg', expect.stringMatching(/^(libjpeg-turbo|sharp)$/)],
  ] as const) {
    const memory = resumableWriter([], format);
    await prepare(run(readerOf(...people()), { ...options, writer: memory.writer }).options);
    expect(memory.written[0].encoder).toEqual(encoder);
    expect([...memory.written[0].images[0].bytes.subarray(0, 2)]).toEqual(
      format === 'png' ? [0x89, 0x50] : [0xff, 0xd8],
    );
  }
});

test('what was noted is not opened again, and the summary is that of the whole', async () => {
  const whole = await prepared();
  const notes = whole.written.map(({ note }) => note);
  for (let done = 0; done <= notes.length; done++) {
    let opened = 0;
    const counted = people().map(({ name, photos }) => ({
      name,
      photos: photos.map((one) => ({ ...one, bytes: () => (opened++, one.bytes()) })),
    }));
    const rest = await prepared(notes.slice(0, done), {}, readerOf(...counted));
    expect(rest.written).toEqual(whole.written.slice(done));
    expect(rest.summary).toEqual(whole.summary);
    expect(rest.state.key).toBe(whole.state.key);
    expect(opened).toBe(notes.length - done);
    expect(rest.of('notice').filter(({ message }) => message.includes(`${done} photos are already done`))).toHaveLength(
      done ? 1 : 0,
    );
  }
});

test('the detector is recorded although all photos that needed it are noted already', async () => {
  const found = { landmarks: undefined };
  const reader = readerOf(person('A', 1, found), person('B', 1, found), person('C', 1));
  const detector = { ...countingDetector, detect: () => Promise.reject(new Error('The photos are done.')) };
  const notes = ['A', 'B'].map((name): PhotoNote => ({ id: `${name}/0.png`, images: 2 }));
  const { summary } = await prepared(notes, { detector }, reader);
  expect(summary).toMatchObject({ kept: 3, alignment: { detector: 'counting' } });
  const given = await prepared(notes, { detector }, readerOf(person('A', 1), person('B', 1), person('C', 1)));
  expect(given.summary.alignment.detector).toBeUndefined();
});

test('other photos than those noted are an error', async () => {
  await expect(prepared([{ id: 'A/other.png', images: 2 }])).rejects.toThrow(
    'the photos have changed, “A/0.png” is now where “A/other.png” was',
  );
});

describe('the key', () => {
  const keyOf = async (more: Parameters<typeof run>[1] = {}, reader = readerOf(...people())): Promise<string> =>
    (await prepared([], more, reader)).state.key!;

  test('changes with whatever changes the result', async () => {
    const plain = await keyOf();
    expect(await keyOf()).toBe(plain);
    for (const more of [
      { seed: 8 },
      { faces: 'all' as const },
      { withoutFace: 'centre' as const },
      { limits: { maxSide: 1000 } },
      { resumeKey: { detector: 'other' } },
      { tiers: tiersOf([{ name: 'all', above: 0, augment: [] }]) },
    ])
      expect(await keyOf(more), JSON.stringify(more)).not.toBe(plain);
    const [first, ...others] = people();
    expect(await keyOf({}, readerOf({ ...first, name: 'Z' }, ...others))).not.toBe(plain);
    expect(await keyOf({}, readerOf(person('A', 3), ...others))).not.toBe(plain);
  });

  test('does not with what is the default anyway', async () => {
    expect(await keyOf({ withoutFace: 'leave-out', limits: {} })).toBe(await keyOf());
  });
});

test('an interruption is suspended where it can be resumed, and aborted where not; an error is aborted', async () => {
  const interrupted = { signal: AbortSignal.abort() };
  for (const [more, ended] of [
    [interrupted, 'suspended'],
    [{ ...interrupted, resumeKey: undefined }, 'aborted'],
  ] as const) {
    const memory = resumableWriter();
    const { options: given } = run(readerOf(...people()), { ...options, writer: memory.writer, ...more });
    await expect(prepare(given)).rejects.toBeInstanceOf(Interrupted);
    expect(memory.state.ended).toBe(ended);
  }
  const memory = resumableWriter();
  const writer = { ...memory.writer, addPhoto: () => Promise.reject(new Error('The disk is full.')) };
  await expect(prepare(run(readerOf(...people()), { ...options, writer }).options)).rejects.toThrow(
    'The disk is full.',
  );
  expect(memory.state.ended).toBe('aborted');
});

test('given landmarks need no detection: that detector finds nothing', async () => {
  const detector = await givenLandmarks().create(testContext());
  expect(detector.fingerprint).toBe('given landmarks');
  expect(await detector.detect({ width: 1, height: 1, data: new Uint8Array(3) })).toEqual([]);
  expect(() => givenLandmarks({ minFace: 20 } as never)).toThrow('Unknown key "minFace"');
});
