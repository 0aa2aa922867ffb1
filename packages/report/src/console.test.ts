import { stripVTControlCharacters } from 'node:util';
import { afterEach, expect, test, vi } from 'vitest';
import type { RunEvent } from '@facewright/core';
import { sampleEvents } from '../test/sample-events.js';
import { createConsole, progressText } from './console.js';

function shown(
  events: RunEvent[],
  options: { isTTY?: boolean; columns?: number; quiet?: boolean; colour?: boolean } = {},
): string {
  let text = '';
  const { isTTY, columns, ...rest } = options;
  const view = createConsole({ stream: { isTTY, columns, write: (part) => (text += part) }, ...rest });
  events.forEach(view.reader);
  view.close();
  return text;
}

const photos = (count: number, every: number): RunEvent[] =>
  Array.from({ length: count + 1 }, (_, done) => ({
    type: 'progress',
    at: done * every,
    task: 'detect',
    done,
    total: count,
    unit: 'photos',
  }));

afterEach(() => void vi.useRealTimers());

test('progress shows a fraction, a rate and the time left', () => {
  const text = progressText(
    { task: 'detect', done: 250, total: 1000, unit: 'photos', at: 10_000 },
    { at: 0, done: 50 },
    10,
  );
  expect(text).toBe('detect  ███░░░░░░░ 25 %  250/1,000 photos  20 photos/s  38 s left');
  const training = { task: 'train', done: 100, total: 1000, unit: 'images', perSecond: 10, at: 0 };
  const left = (least?: number) => progressText({ ...training, least }, { at: 0, done: 0 }, 0);
  expect(left()).toContain('images/s  1 min 30 s left');
  // it may end at any step
  expect(left(100)).toContain('at most 1 min 30 s left');
  expect(left(300)).toContain('20 s to 1 min 30 s left');
  // an estimate of many minutes is given in minutes
  const long = progressText({ ...training, total: 100_000, least: 7000 }, { at: 0, done: 0 }, 0);
  expect(long).toContain('12 min to 2 h 47 min left');
  // the first units, often slower than the others, are no basis for an estimate
  const first = (done: number, at: number) =>
    progressText({ task: 'prepare', done, total: 100, unit: 'photos', at }, { at: 0, done: 0 }, 0);
  expect([first(1, 3000), first(1, 11_000), first(3, 3000)].map((line) => line.includes('left'))).toEqual([
    false,
    true,
    true,
  ]);
  expect(progressText({ task: 'list', done: 7, unit: 'people', at: 0 }, { at: 0, done: 0 }, 10)).toBe('list  7 people');
});

test('in a pipe: plain lines every few seconds, and the last one', () => {
  const lines = shown(photos(100, 200)).trimEnd().split('\n');
  expect(lines).toHaveLength(5);
  expect(lines.at(-1)).toContain('100/100 photos');

  expect(lines.join('')).not.toMatch(/[\u0000-\u001f]/);
});

test('on a terminal: one line that is redrawn, never wider than the terminal', () => {
  const text = shown(photos(100, 50), { isTTY: true, columns: 40, colour: false });
  expect(text.split('\n')).toHaveLength(2);
  const drawn = text.split('\r').slice(1, -2);
  expect(drawn.length).toBeGreaterThan(20);

  expect(drawn.at(-1)).toMatch(/%.* left/);
  const training: RunEvent[] = [1, 2].map((step) => ({
    type: 'progress',
    at: 1000 * step,
    task: 'train',
    done: 64 * step,
    total: 10_240,
    least: 7680,
    unit: 'images',
    perSecond: 40,
    text: 'softmax, loss 1.234',
  }));
  // what is learned matters more than a long bar
  expect(shown(training, { isTTY: true, columns: 80, colour: false })).toContain(
    'train  ░░░░░░░░ 1 %  128/10,240 images  3 to 4 min left  softmax, loss 1.234',
  );
  for (const part of drawn) expect([...part.replace(/\u001b\[K/g, '')].length).toBeLessThanOrEqual(39);
});

test('on a terminal a spinner turns during silence and says what is happening; other text gets the line to itself', () => {
  vi.useFakeTimers();
  let text = '';
  const view = createConsole({ stream: { isTTY: true, columns: 60, write: (part) => (text += part) }, colour: false });
  vi.advanceTimersByTime(400);
  expect(text).toBe('');
  vi.advanceTimersByTime(150);
  expect(text).toMatch(/^\r\S working…\u001b\[K$/);
  view.reader(sampleEvents().find(({ type }) => type === 'train.finished')!);
  text = '';
  vi.advanceTimersByTime(3200);
  const drawn = text.split('\r').slice(1);
  expect(drawn.at(-1)).toMatch(/^\S verifying… {2}3 s/);
  expect(new Set(drawn.map(([frame]) => frame)).size).toBe(10);
  view.clear();
  expect(text.endsWith('\r\u001b[K')).toBe(true);
  view.close();
  text = '';
  vi.advanceTimersByTime(5000);
  expect(text).toBe('');
});

test('in a pipe, and if only warnings are wanted, there is no spinner', () => {
  vi.useFakeTimers();
  let text = '';
  for (const options of [{ isTTY: false }, { isTTY: true, quiet: true }]) {
    const { isTTY, ...rest } = options;
    const view = createConsole({ stream: { isTTY, write: (part) => (text += part) }, ...rest });
    vi.advanceTimersByTime(5000);
    view.close();
  }
  expect(text).toBe('');
});

test('notices and stage switches have their own lines; quiet keeps the warnings', () => {
  const text = shown(sampleEvents());
  expect(text).toContain('warning: a notice about ann\n  to do: nothing\n');
  expect(text).toContain('stage 2: arcface with adam from step 120 (class centres from the previous stage)\n');
  expect(text).toContain('verification: 95.50 % ± 2.00 % on 600 pairs');
  expect(shown(sampleEvents(), { quiet: true })).toBe('warning: a notice about ann\n  to do: nothing\n');
  expect(shown(sampleEvents(), { colour: true })).toContain('\u001b[');
});

test('a notice is shown once', () => {
  const notice = (message: string): RunEvent => ({ type: 'notice', at: 0, level: 'warning', message });
  expect(shown([notice('a file'), notice('another'), notice('a file')])).toBe('warning: a file\nwarning: another\n');
});

test('lines are wrapped for a terminal, and left whole in a pipe', () => {
  const message = 'a long notice about many things that goes on and on '.repeat(4).trim();
  const notice: RunEvent[] = [{ type: 'notice', at: 0, level: 'info', message }];
  for (const line of shown(notice, { isTTY: true, columns: 60 }).split('\n'))
    expect([...line.replace(/[\r\u001b\[K]/g, '')].length).toBeLessThanOrEqual(60);
  expect(shown(notice)).toBe(`${message}\n`);
  // colours take no space
  const warning: RunEvent[] = [{ type: 'notice', at: 0, level: 'warning', message }];
  const plain = shown(warning, { isTTY: true, columns: 60, colour: false });
  expect(stripVTControlCharacters(shown(warning, { isTTY: true, columns: 60, colour: true }))).toBe(
    stripVTControlCharacters(plain),
  );
});
