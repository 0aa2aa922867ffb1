/** Rates and times of a preparation, on a clock that the test moves. */
import type { Events } from '@facewright/core';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { countingDetector, photo, photoBytes, readerOf, run } from '../../test/prepare-support.js';
import { prepare } from './prepare.js';
import { throttledProgress } from './progress.js';
import { StageClock } from './stages.js';
import { Tally } from './tally.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

test('progress is told at first, then every quarter of a second, and at the end', () => {
  const told: Events['progress'][] = [];
  const tally = new Tally([], () => undefined);
  const clock = new StageClock();
  const progress = throttledProgress((_, event) => void told.push(event as Events['progress']), 9, tally, clock);
  const after = (ms: number, last = false): number => {
    vi.advanceTimersByTime(ms);
    tally.photos++;
    progress(last);
    return told.length;
  };
  expect(after(0)).toBe(1);
  expect(told[0]).toEqual({ task: 'prepare', done: 1, total: 9, unit: 'photos' });
  tally.opened = 5;
  clock.add({ decode: 1, detect: 3 });
  expect(after(249)).toBe(1);
  expect(after(1)).toBe(2);
  expect(told[1]).toEqual({
    task: 'prepare',
    done: 3,
    total: 9,
    unit: 'photos',
    perSecond: 20,
    text: 'decode 25 %, detect 75 %',
  });
  expect(after(249)).toBe(2);
  expect(after(0, true)).toBe(3);
  expect(told[2]).toMatchObject({ done: 5 });
});

test('a stage’s time is added up, also when it fails', async () => {
  const clock = new StageClock();
  const work = async (): Promise<void> => void vi.advanceTimersByTime(500);
  await clock.timed('read', work);
  await clock.timed('read', work);
  await expect(clock.timed('write', async () => (await work(), Promise.reject(new Error('full'))))).rejects.toThrow();
  const none = { decode: 0, detect: 0, align: 0, augment: 0, encode: 0 };
  expect(clock.throughput(3, 2)).toEqual({
    photosPerSecond: 3,
    workers: 2,
    stages: { ...none, read: 1, write: 0.5 },
  });
});

test('the summary and the end tell the time, the rate of photos that were opened, and that of each stage', async () => {
  const slow = async (): Promise<Uint8Array> => (vi.advanceTimersByTime(250), photoBytes(1, 120, 120));
  const detector = {
    ...countingDetector,
    detect: async (image: Parameters<typeof countingDetector.detect>[0]) => {
      vi.advanceTimersByTime(2000);
      return countingDetector.detect({ ...image, data: Uint8Array.of(1) });
    },
  };
  const left = { excluded: { reason: 'bad-landmarks' as const, detail: 'line 7' } };
  const people = ['A', 'B'].map((name) => ({
    name,
    photos: [
      photo(name, 'a.png', slow, { landmarks: undefined }),
      photo(name, 'b.png', slow, { landmarks: undefined }),
      photo(name, 'c.png', slow, left),
    ],
  }));
  const { options, of } = run(readerOf(...people), { detector, directory: '/data' });
  const add = options.writer.add.bind(options.writer);
  options.writer.add = async (...args) => (vi.advanceTimersByTime(125), add(...args));
  const { seconds, photos } = await prepare(options);
  expect(photos).toBe(6);
  expect(seconds).toBeCloseTo(4 * (2 + 0.25 + 0.125), 9);
  const [finished] = of('prepare.finished');
  expect(finished.photosPerSecond).toBeCloseTo(4 / seconds, 9);
  const { stages, workers } = finished.throughput!;
  expect(workers).toBe(0);
  // reading goes on while photos are detected, and its clock with it
  expect(stages.read).toBeGreaterThanOrEqual(1);
  expect(stages.detect).toBeGreaterThanOrEqual(8);
  expect(stages.write).toBeGreaterThanOrEqual(0.5);
  expect(stages.encode).toBe(0);
});
