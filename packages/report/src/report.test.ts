import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunEvent } from '@facewright/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sampleEvents } from '../test/sample-events.js';
import { eventsOfPage } from './page-data.js';
import { picturesOfPage } from './page-pictures.js';
import type { Picture, Pictures } from './pictures.js';
import { createEventLog, metricsFrom, readEventLog, reportPage, writeReport } from './index.js';

const directory = (): Promise<string> => mkdtemp(join(tmpdir(), 'fw-report-'));

test('metrics.json has the documented structure and nothing else', () => {
  expect(metricsFrom(sampleEvents())).toEqual({
    verdict: {
      level: 'fair',
      title: expect.stringContaining('95.5 %'),
      reasons: expect.arrayContaining([expect.stringContaining('only 2 people it never saw')]),
      next: expect.any(Array),
    },
    preparation: {
      photos: 100,
      kept: 97,
      dropped: 3,
      reasons: { 'no-face': 2, unreadable: 1 },
      perTier: { noised: { identities: 5, photos: 97, images: 388 } },
    },
    stages: [
      { loss: 'softmax', steps: 120, finalLoss: expect.closeTo(0.45), endedBecause: 'plateau' },
      { loss: 'arcface', steps: 80, finalLoss: expect.closeTo(4.5), endedBecause: 'plateau' },
    ],
    verification: {
      pairs: 600,
      accuracy: 0.955,
      std: 0.02,
      threshold: 0.31,
      tarAtFar: { '1e-1': 0.99, '1e-2': 0.9, '1e-4': null },
    },
    throughput: { detectPhotosPerSecond: 9.7, trainImagesPerSecond: 48.5 },
  });
  expect(metricsFrom([])).toEqual({
    preparation: null,
    stages: [],
    verification: null,
    throughput: { detectPhotosPerSecond: null, trainImagesPerSecond: null },
  });
});

test('steps after the checkpoint that a run resumed from count once', () => {
  const first = sampleEvents();
  const cut = first.findIndex((event) => event.type === 'train.step' && event.step === 150);
  const started = first.find((event) => event.type === 'train.started')!;
  const resumed: RunEvent[] = [
    { ...started, resumedAt: 100 } as RunEvent,
    { type: 'stage.started', at: 0, stage: 0, loss: 'softmax', optimiser: 'adam', step: 100, head: 'resumed' },
    ...first.slice(first.findIndex((event) => event.type === 'train.step' && event.step === 101)),
  ];
  expect(metricsFrom([...first.slice(0, cut), ...resumed])).toEqual(metricsFrom(first));
  // the second stage had started before the kill: its start is dropped and reported again
  const page = reportPage([...first.slice(0, cut), ...resumed.slice(0, 2)]);
  expect(page.match(/not ended/g)).toHaveLength(1);
});

test('the log contains whole lines, continues after a torn one, and starts empty on request', async () => {
  const path = join(await directory(), 'deep', 'events.jsonl');
  const events = sampleEvents();
  const log = createEventLog(path);
  for (const event of events.slice(0, 10)) log.reader(event);
  // events are in the file before it is closed
  expect(await readEventLog(path)).toEqual(events.slice(0, 10));
  log.close();
  await writeFile(path, `${await readFile(path, 'utf8')}{"type":"train.st`);
  expect(await readEventLog(path)).toHaveLength(10);
  const again = createEventLog(path);
  again.reader(events[10]);
  again.close();
  again.reader(events[11]);
  expect(await readEventLog(path)).toEqual(events.slice(0, 11));
  createEventLog(path, { fresh: true }).close();
  expect(await readFile(path, 'utf8')).toBe('');
  await writeFile(path, 'half\n{}\n');
  await expect(readEventLog(path)).rejects.toThrow('events.jsonl:1');
});

test('progress in the log is thinned to one event per second and the last one', async () => {
  const path = join(await directory(), 'events.jsonl');
  const log = createEventLog(path);
  for (let done = 0; done <= 100; done++)
    log.reader({ type: 'progress', at: done * 30, task: 'detect', done, total: 100, unit: 'photos' });
  log.close();
  expect((await readEventLog(path)).map((event) => (event as { done: number }).done)).toEqual([0, 34, 68, 100]);
});

test('hostile names cannot become markup', async () => {
  const hostile = "\"><script>alert(1)</script><img src=x onerror='alert(2)'>\u0000`${1}";
  const picture = { bytes: Uint8Array.of(1, 2, 3), type: 'image/jpeg' } as const;
  const page = reportPage(sampleEvents({ photo: hostile, identity: hostile }), {
    crops: [{ ...picture, identity: hostile, caption: hostile }],
    pairs: [true, false].map((same) => ({
      same,
      score: 0.5,
      wrong: true,
      images: [
        { ...picture, name: hostile },
        { ...picture, name: hostile },
      ],
    })),
    dropped: [{ ...picture, photo: hostile, reason: hostile }],
  });
  expect(page).not.toContain('<script');
  expect(page).not.toMatch(/<img src=x/);
  expect(page).not.toContain('\u0000');
  // every attribute value stays inside its quotes: after removing well-formed tags and text, no bracket is left
  const left = page
    .replace(/<!doctype html>/, '')
    .replace(/<style>[^<]*<\/style>/, '')
    .replace(/<\/?[a-z][a-z0-9]*(\s+[a-zA-Z][a-zA-Z0-9-]*(="[^"<>]*")?)*\s*\/?>/g, '');
  expect(left).not.toMatch(/[<>]/);
});

test('a page gives back the events it was made from, except progress, whatever they contain', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (name) => {
      const events = sampleEvents({ photo: name, identity: `</template>&lt;${name}&amp;gt;` });
      expect(eventsOfPage(reportPage(events), 'report.html')).toEqual(events.filter(({ type }) => type !== 'progress'));
    }),
    { numRuns: 20 },
  );
  expect(eventsOfPage('<!doctype html>', 'other.html')).toBeUndefined();
});

test('long runs are thinned in the page, but keep their last step', () => {
  const [first, ...rest] = sampleEvents().filter(({ type }) => type === 'train.step');
  const steps = Array.from({ length: 9001 }, (_, i) => ({ ...first, step: i + 1 }) as RunEvent);
  const kept = eventsOfPage(
    reportPage([...sampleEvents().filter(({ type }) => type !== 'train.step'), ...steps]),
    'report.html',
  )!.filter(({ type }) => type === 'train.step');
  expect(rest.length).toBeGreaterThan(0);
  expect(kept.length).toBeLessThanOrEqual(2001);
  expect(kept.at(-1)).toMatchObject({ step: 9001 });
});

/** Whitespace as a browser treats it. */
const flat = (page: string): string => page.replace(/\s+/g, ' ');
const bytes = (value: number): Picture => ({ bytes: Uint8Array.of(255, 216, value), type: 'image/jpeg' });
const named = (value: number, name: string): Picture & { name: string } => ({ ...bytes(value), name });

test('one file, no network, with every part of the run in it', async () => {
  const out = await directory();
  const log = createEventLog(join(out, 'events.jsonl'));
  sampleEvents().forEach(log.reader);
  log.close();
  const { report, metrics } = await writeReport({
    directory: out,
    crops: [{ identity: 'ann', caption: 'original', bytes: Uint8Array.of(255, 216), type: 'image/jpeg' }],
  });
  expect((await readdir(out)).sort()).toEqual(['events.jsonl', 'metrics.json', 'report.html']);
  expect(JSON.parse(await readFile(join(out, 'metrics.json'), 'utf8'))).toEqual(JSON.parse(JSON.stringify(metrics)));
  const page = flat(await readFile(report, 'utf8'));
  expect(page).not.toMatch(/(src|href)="(?!data:)/);
  for (const text of [
    '95.5 %',
    'arcface from step 120',
    'no face found',
    'ann/1.jpg',
    'gain 0.0024',
    'data:image/jpeg;base64,/9g=',
    'alt="Aligned face of ann, original"',
    'not enough pairs: it takes 10,000',
    '0.438',
    '4.50 %',
    'area under the curve 0.9871',
    'Map of people',
    'waiting for data',
    '90.0 %',
    '388',
    '"batch"',
    'five-point 112 bilinear black',
  ]) {
    expect(page.replaceAll('&#34;', '"')).toContain(text);
  }
  expect(page.match(/<svg /g)).toHaveLength(11);
});

test("no style attribute, which the studio's policy blocks", () => {
  expect(reportPage(sampleEvents())).toContain('Map of people');
  expect(reportPage(sampleEvents())).not.toMatch(/<[^>]*\sstyle=/);
});

test('the pictures of a page can be recovered from it', () => {
  const pictures: Pictures = {
    pairs: [
      { same: true, score: 0.25, wrong: true, images: [named(1, 'x/1.jpg'), named(2, 'x/<2>.jpg')] },
      { same: false, score: 0.5, wrong: false, images: [named(3, 'x/1.jpg'), named(4, 'y"2.jpg')] },
    ],
    dropped: [{ ...bytes(5), photo: 'cat/7.jpg', reason: 'no-face' }],
    crops: [
      { ...bytes(6), identity: 'ann', caption: 'original' },
      { ...bytes(7), identity: '</template>', caption: 'opened' },
      { ...bytes(8), identity: 'ann', caption: 'opened' },
    ],
  };
  expect(picturesOfPage(reportPage(sampleEvents(), pictures))).toEqual(pictures);
  expect(picturesOfPage(reportPage(sampleEvents()))).toEqual({ pairs: [], dropped: [], crops: [] });
  expect(picturesOfPage('<!doctype html>')).toEqual({});
  expect(picturesOfPage('<template id="facewright-pictures">{"pairs":1}</template>')).toEqual({});
});

test('the worst pairs and excluded photos are shown, with wrong ones marked', () => {
  const picture = { bytes: Uint8Array.of(255, 216), type: 'image/jpeg' } as const;
  const page = reportPage(sampleEvents(), {
    pairs: [
      {
        same: false,
        score: 0.6123,
        wrong: true,
        images: [
          { ...picture, name: 'x/1.jpg' },
          { ...picture, name: 'y/2.jpg' },
        ],
      },
      {
        same: true,
        score: 0.4,
        wrong: false,
        images: [
          { ...picture, name: 'x/1.jpg' },
          { ...picture, name: 'x/3.jpg' },
        ],
      },
    ],
    dropped: [{ ...picture, photo: 'cat/7.jpg', reason: 'no-face' }],
  });
  expect(page.match(/false accept</g)).toHaveLength(1);
  expect(page).not.toContain('false reject<');
  for (const text of ['0.612', 'title="y/2.jpg"', 'alt="Photo left out: cat/7.jpg"']) expect(page).toContain(text);
});

test('an evaluation alone makes a page', () => {
  const events = sampleEvents().filter(({ type }) => type === 'evaluate.finished');
  expect(
    reportPage([{ type: 'run.started', at: 0, command: 'evaluate', seed: 1, config: {}, versions: {} }, ...events]),
  ).toContain('<h1>Evaluation of a model</h1>');
});

test('a run that only prepared data, and an empty one, make a page too', () => {
  expect(reportPage(sampleEvents().slice(0, 5))).toContain('97 of 100');
  expect(reportPage([])).toContain('<h1>');
});

test('class centres come from the starting weights in the first stage, and from the previous stage later', () => {
  const adopted = sampleEvents().map((event) =>
    event.type === 'stage.started' ? { ...event, head: 'adopted' as const } : event,
  );
  const cells = [...reportPage(adopted).matchAll(/<td>(from the [a-z ]+)<\/td>/g)].map(([, text]) => text);
  expect(cells).toEqual(['from the starting weights', 'from the previous stage']);
});
