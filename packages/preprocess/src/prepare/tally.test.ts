/** What a preparation counts, what it warns of, and where its time went. */
import type { Events, EventType, Exclusion } from '@facewright/core';
import { expect, test } from 'vitest';
import { lostNotices } from './lost.js';
import { StageClock } from './stages.js';
import { Tally } from './tally.js';

function tallyOf(...tiers: string[]) {
  const events: { type: EventType; event: unknown }[] = [];
  const tally = new Tally(tiers, (type, event) => void events.push({ type, event }));
  const notices = (): Events['notice'][] =>
    events.flatMap(({ type, event }) => (type === 'notice' ? [event as Events['notice']] : []));
  return { tally, events, notices };
}
const exclusion = (photo: string, reason: Exclusion['reason'], detail?: string): Exclusion => ({
  photo,
  identity: 'A',
  reason,
  detail,
});

test('counts photos, images and people by tier, and dropped photos by reason', () => {
  const { tally, events } = tallyOf('large', 'small');
  tally.keep('large', 3);
  tally.keep('large', 1);
  tally.exclude(exclusion('b', 'no-face'));
  tally.exclude(exclusion('c', 'no-face'));
  tally.exclude(exclusion('d', 'too-small'));
  tally.keepIdentity('large');
  const rest = { alignment: { fingerprint: 'f', size: 112 }, seed: 3, seconds: 4 };
  expect(tally.summary(rest)).toEqual({
    photos: 5,
    kept: 2,
    dropped: 3,
    reasons: { 'no-face': 2, 'too-small': 1 },
    perTier: { large: { identities: 1, photos: 2, images: 4 }, small: { identities: 0, photos: 0, images: 0 } },
    identities: 1,
    images: 4,
    ...rest,
  });
  expect(tally.identities).toBe(1);
  expect(events.flatMap(({ type, event }) => (type === 'prepare.excluded' ? [event] : []))).toEqual([
    exclusion('b', 'no-face'),
    exclusion('c', 'no-face'),
    exclusion('d', 'too-small'),
  ]);
});

test('a failing part is reported once per kind of failure, but bad photos are not', () => {
  const { tally, notices } = tallyOf('all');
  tally.exclude(exclusion('a', 'unreadable', 'damaged'));
  tally.exclude(exclusion('b', 'detection-failed', 'out of memory'));
  tally.exclude(exclusion('c', 'detection-failed', 'out of memory'));
  tally.exclude(exclusion('d', 'alignment-failed', 'no plane'));
  expect(notices().map(({ level, message }) => [level, message])).toEqual([
    ['warning', 'Skipped b (detection-failed): out of memory'],
    ['warning', 'Skipped d (alignment-failed): no plane'],
  ]);
});

test('losing more than a tenth of the photos for one reason is a warning; exactly a tenth is not', () => {
  expect(lostNotices(1000, { 'no-face': 100, 'too-large': 100 })).toEqual([]);
  const [notice, ...others] = lostNotices(10_000, { 'no-face': 1001, 'too-large': 5, unreadable: 9000 });
  expect(others).toEqual([]);
  expect(notice).toMatchObject({
    level: 'warning',
    message: expect.stringMatching(/^1,001 of 10,000 photos \(10 %\)/) as string,
  });
  for (const reason of ['several-faces', 'too-few-photos', 'no-face', 'too-large', 'bad-landmarks'])
    expect(lostNotices(10, { [reason]: 2 })).toMatchObject([
      { message: expect.stringContaining('2 of 10 photos (20 %)') as string },
    ]);
});

test('stages that take at least a twentieth of the time are shown in order', async () => {
  const clock = new StageClock();
  expect(clock.shares).toBe('');
  clock.add({ detect: 7, decode: 2 });
  clock.add({ encode: 0.5, write: 0.49, align: 0.01 });
  expect(clock.shares).toBe('decode 20 %, detect 70 %, encode 5 %');
  const throughput = clock.throughput(12, 3);
  expect(throughput).toMatchObject({ photosPerSecond: 12, workers: 3, stages: { read: 0, detect: 7, align: 0.01 } });
  expect(await clock.timed('read', async () => 'bytes')).toBe('bytes');
  await expect(clock.timed('read', () => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
  expect(clock.throughput(12, 3).stages.read).toBeGreaterThanOrEqual(0);
  expect(throughput.stages.read).toBe(0);
});
