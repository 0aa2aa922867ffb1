/** The log of a long run is read in bounded memory, and its report is that of the whole log. */
import type { RunEvent } from '@facewright/core';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { sampleEvents } from '../test/sample-events.js';
import { historyOf, readEventLog, readRunEvents } from './index.js';

const root = mkdtempSync(join(tmpdir(), 'facewright events '));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const path = join(root, 'events.jsonl');
const write = (events: readonly object[]): void =>
  writeFileSync(path, events.map((event) => `${JSON.stringify(event)}\n`).join(''));

const step = (number: number): RunEvent => ({
  type: 'train.step',
  at: number,
  stage: 0,
  step: number,
  epoch: 0,
  loss: 1 / number,
  accuracy: 0.5,
  rate: 0.1,
  imagesPerSecond: 1,
});

test('an ordinary log is given whole, without progress', async () => {
  write(sampleEvents());
  expect(await readRunEvents(path)).toEqual(sampleEvents().filter(({ type }) => type !== 'progress'));
});

test('very many steps are thinned evenly; the first and the last stay', async () => {
  const steps = Array.from({ length: 70_001 }, (_, index) => step(index + 1));
  write(steps);
  const kept = historyOf(await readRunEvents(path)).steps.map((event) => event.step);
  expect(kept.length).toBeGreaterThan(10_000);
  expect(kept.length).toBeLessThan(20_002);
  expect([kept[0], kept.at(-1)]).toEqual([1, 70_001]);
  const gaps = new Set(kept.slice(1, -1).map((number, index) => number - kept[index]));
  expect(gaps).toEqual(new Set([4]));
});

test('a history lists the same excluded photos, of the last start alone', async () => {
  const excluded = Array.from({ length: 3000 }, (_, index) => ({
    type: 'prepare.excluded',
    at: index,
    photo: `${index}.jpg`,
    identity: 'a',
    reason: 'no-face',
  }));
  const started = sampleEvents().find(({ type }) => type === 'run.started')!;
  write([started, ...excluded, started, ...excluded.slice(5)]);
  expect(historyOf(await readRunEvents(path)).exclusions).toEqual(historyOf(await readEventLog(path)).exclusions);
});

test('lines across pieces are whole, and an error names the line', async () => {
  const long = { type: 'notice', at: 1, level: 'info', message: 'ä'.repeat(3 << 20) };
  const events = [step(1), long, step(2), long, step(3)];
  write(events);
  expect(await readEventLog(path)).toEqual(events);
  writeFileSync(path, `${JSON.stringify(long)}\n${JSON.stringify(long)}\n\nhalf\n`);
  await expect(readEventLog(path)).rejects.toThrow('events.jsonl:4');
});
