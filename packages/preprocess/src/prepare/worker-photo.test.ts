/** What a worker thread does, without the thread: parts made from their recipe, photos turned into encoded images. */
import { createRandom, type EventType, type PluginContext } from '@facewright/core';
import { decodeImage } from '@facewright/platform/node';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LANDMARKS, photoBytes } from '../../test/prepare-support.js';
import type { PhotoTask } from './photo.js';
import { photoProcessor } from './worker-photo.js';
import type { WorkerJob } from './workers.js';

/** What the made-up parts below leave for the tests. */
const made: { [part: string]: PluginContext[] } = ((globalThis as Record<string, unknown>).madeParts = {});

/** Parts as packages and files bring them. */
const PARTS = `
const part = (kind, name, create) => {
  const meta = { name, kind, version: '1.0.0', apiVersion: 1 };
  const noted = async (options, context) => {
    (globalThis.madeParts[name] ??= []).push(context);
    return create(options, context);
  };
  const factory = (options = {}) => ({ meta, options, create: (context) => noted(options, context) });
  return Object.assign(factory, { meta, options: {}, create: noted });
};
`;
const PACKAGE = `${PARTS}
export const corner = part('aligner', 'corner', ({ side }) => ({
  size: side,
  fingerprint: 'corner',
  align: () => ({ width: side, height: side, data: new Uint8Array(side * side * 3).fill(100) }),
}));
export const lighter = part('augmenter', 'lighter', ({ by }) => ({
  augment: ({ width, height, data }) => ({ width, height, data: data.map((value) => value + by) }),
}));
export const random = part('augmenter', 'random', () => ({
  augment: ({ width, height, data }, random) => ({ width, height, data: data.map(() => random.integer(256)) }),
}));
export const machine = part('backend', 'machine', () => ({
  probe: async () => ({ available: true }),
  open: async () => ({ name: 'the engine', device: 'none', compile: () => ({}), dispose: async () => {} }),
}));
`;
const DETECTOR = `${PARTS}
export default part('detector', 'finder', async (options, { engine, emit }) => {
  await engine();
  emit('notice', { level: 'info', message: (await engine()).name });
  const box = { x: 0, y: 0, width: 9, height: 9 };
  const [leftEye, rightEye, nose, mouthLeft, mouthRight] = [[1, 1], [8, 1], [4, 4], [2, 8], [7, 8]];
  const face = { box, confidence: 1, landmarks: { leftEye, rightEye, nose, mouthLeft, mouthRight } };
  return { fingerprint: 'finder', detect: async () => [face, face] };
});
`;

let directory: string;
let job: WorkerJob;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'facewright worker '));
  writeFileSync(join(directory, 'package.mjs'), PACKAGE);
  writeFileSync(join(directory, 'finder.mjs'), DETECTOR);
  job = {
    modules: ['./package.mjs' as WorkerJob['modules'][number]],
    baseDirectory: directory,
    where: 'the test',
    backend: 'machine' as WorkerJob['backend'],
    detector: './finder.mjs' as WorkerJob['detector'],
    aligner: { name: 'corner', side: 24 } as unknown as WorkerJob['aligner'],
    augmenters: [[], [{ name: 'lighter', by: 50 }, 'random']] as unknown as WorkerJob['augmenters'],
    faces: 'all',
    withoutFace: 'leave-out',
    limits: {},
    random: createRandom(5).key,
    encoding: { format: 'png' },
  };
});
afterAll(() => {
  rmSync(directory, { recursive: true });
  delete (globalThis as Record<string, unknown>).madeParts;
});

const given = async (tier: number): Promise<PhotoTask> => ({
  photo: { id: 'A/1.png', identity: 'A', landmarks: LANDMARKS },
  bytes: await photoBytes(1),
  tier,
});

test('a photo becomes the images of its tier, encoded, and their memory can be moved', async () => {
  const processed = await photoProcessor(job, () => undefined);
  const task = await given(1);
  const start = performance.now();
  const { result, buffers } = await processed(task);
  const elapsed = (performance.now() - start) / 1000;
  const images = 'images' in result.outcome ? result.outcome.images : [];
  expect(images.map(({ sample }) => sample)).toEqual(
    ['original', 'lighter', 'random'].map((kind) => ({ identity: 'A', source: 'A/1.png', landmarks: LANDMARKS, kind })),
  );
  expect(buffers).toEqual(images.map(({ bytes }) => bytes.buffer));
  const [original, lighter, random] = await Promise.all(images.map(({ bytes }) => decodeImage(bytes)));
  expect([original, lighter].map(({ width, data }) => [width, data[0]])).toEqual([
    [24, 100],
    [24, 150],
  ]);
  expect([...random.data]).toEqual(
    ((stream) => Array.from(random.data, () => stream.integer(256)))(createRandom(5).fork('A', 'A/1.png', 'random')),
  );
  expect(Object.keys(result.seconds).sort()).toEqual(['align', 'augment', 'decode', 'encode']);
  // the stages follow each other
  expect(Object.values(result.seconds).reduce((sum, seconds) => sum + seconds, 0)).toBeLessThanOrEqual(elapsed + 1e-6);
  const plain = (await processed(await given(0))).result.outcome;
  expect('images' in plain && plain.images.map(({ sample }) => sample.kind)).toEqual(['original']);
});

test('an unusable photo is its reason, and has nothing to move', async () => {
  const processed = await photoProcessor(job, () => undefined);
  const { result, buffers } = await processed({ ...(await given(0)), bytes: Buffer.from('no image') });
  expect(result.outcome).toMatchObject({ exclusion: { photo: 'A/1.png', reason: 'not-an-image' } });
  expect(buffers).toEqual([]);
});

describe('parts', () => {
  test('the detector and its engine are made once, when a photo needs them; what a part says is passed on', async () => {
    for (const name of Object.keys(made)) delete made[name];
    const told: [EventType, unknown][] = [];
    const processed = await photoProcessor(job, (type, event) => void told.push([type, event]));
    await processed(await given(0));
    expect(Object.keys(made).sort()).toEqual(['corner', 'lighter', 'random']);
    const task = await given(0);
    const unknown = { ...task, photo: { id: 'A/2.png', identity: 'A' } };
    for (let i = 0; i < 2; i++) {
      const { outcome } = (await processed({ ...unknown, bytes: await photoBytes(2) })).result;
      expect('images' in outcome && outcome.images).toHaveLength(2);
    }
    expect([made.finder.length, made.machine.length]).toEqual([1, 1]);
    expect(told).toEqual([['notice', { level: 'info', message: 'the engine' }]]);
  });

  test('each has the preparation’s own random stream for its kind, and the directory of the config', async () => {
    for (const name of Object.keys(made)) delete made[name];
    await photoProcessor(job, () => undefined);
    for (const [name, kind] of [
      ['corner', 'aligner'],
      ['lighter', 'augmenter'],
    ]) {
      const [{ random, baseDirectory, signal }] = made[name];
      expect(random.key).toBe(createRandom(5).fork('part', kind).key);
      expect([baseDirectory, signal.aborted]).toEqual([directory, false]);
    }
  });

  test('the policies of the preparation apply', async () => {
    const task = await given(0);
    const found = { ...task, photo: { id: 'A/2.png', identity: 'A' } };
    const reasonOf = async (more: Partial<WorkerJob>, of: PhotoTask): Promise<unknown> => {
      const { outcome } = (await (await photoProcessor({ ...job, ...more }, () => undefined))(of)).result;
      return 'exclusion' in outcome && outcome.exclusion.reason;
    };
    expect(await reasonOf({ faces: 'exactly-one' }, found)).toBe('several-faces');
    expect(await reasonOf({ limits: { maxSide: 50 } }, { ...task, bytes: await photoBytes(1) })).toBe('too-large');
  });

  test('one that cannot be made is an error that says where it is named', async () => {
    const broken = { ...job, aligner: 'cornr' as WorkerJob['aligner'] };
    await expect(photoProcessor(broken, () => undefined)).rejects.toThrow(/"cornr"[^]*the test/);
  });
});
