import { expect, test } from 'vitest';
import { sampleEvents } from '../test/sample-events.js';
import { historyOf } from './history.js';
import { judge, judgeRun, type RunFacts } from './judge-run.js';
import { verdictText } from './verdict-text.js';

const FACTS: RunFacts = {
  evaluationOnly: false,
  sample: false,
  tuned: false,
  people: 2000,
  heldOut: 100,
  photos: 9000,
  severalFaces: 0,
  test: { accuracy: 0.97, low: 0.96, high: 0.98, pairs: 2000 },
  directory: 'out',
  data: 'my photos',
};
const test57 = { accuracy: 0.575, low: 0.42, high: 0.71, pairs: 40 };
const commands = ({ next }: ReturnType<typeof judge>) =>
  next.flatMap((step) => (typeof step === 'string' || !step.command ? [] : [step.command]));

test.each<[string, Partial<RunFacts>, string, string[]]>([
  [
    'good',
    {},
    'It tells people apart well: 97.0 % of pairs',
    ['between 96.0 % and 98.0 %', '2,000 pairs of 100 people'],
  ],
  [
    'poor',
    { test: test57, people: 3, heldOut: 2 },
    'Near chance: 57.5 %',
    ['only 3 people', 'tested on only 2 people', '95 % interval is 42.0 % to 71.0 %'],
  ],
  // far above chance, but with so few pairs that chance cannot be ruled out
  ['poor', { test: { accuracy: 0.7, low: 0.4, high: 0.9, pairs: 10 } }, 'Near chance', []],
  ['poor', { test: { accuracy: 0.7, low: 0.68, high: 0.72, pairs: 2000 } }, 'not usable yet', []],
  ['fair', { test: { accuracy: 0.9, low: 0.89, high: 0.91, pairs: 2000 } }, 'about 1 in 10 is not', []],
  ['fair', { test: { accuracy: 1, low: 0.84, high: 1, pairs: 20 } }, 'with mistakes', []],
  ['fair', { heldOut: 9 }, 'with mistakes', ['tested on only 9 people']],
  ['fair', { test: undefined }, 'not verified', []],
  ['good', { severalFaces: 901 }, 'well', ['901 of 9,000 photos were left out']],
  ['good', { sample: true, people: 80 }, 'well', ['drawn faces']],
])('%s for %o: %s', (level, facts, title, reasons) => {
  const verdict = judge({ ...FACTS, ...facts });
  expect(verdict.level).toBe(level);
  expect(verdict.title).toContain(title);
  for (const reason of reasons) expect(verdict.reasons.join('\n')).toContain(reason);
  expect(commands(verdict).length).toBeGreaterThanOrEqual(3);
});

test('omits what does not apply', () => {
  const { reasons, next } = judge(FACTS);
  expect(reasons).toHaveLength(1);
  expect(next).toHaveLength(3);
  const few = { ...FACTS, people: 3, test: test57 };
  expect(JSON.stringify(judge(few))).toContain('--from <weights>');
  expect(JSON.stringify(judge({ ...few, tuned: true }))).not.toContain('--from');
  expect(JSON.stringify(judge({ ...few, severalFaces: 900 }))).not.toContain('largest');
  expect(JSON.stringify(judge({ ...few, severalFaces: 901 }))).toContain('--faces largest');
  const tuned = judge({ ...few, tuned: true, from: 'y1/', severalFaces: 901 });
  expect(commands(tuned)[0]).toBe("facewright run --data 'my photos' --out out-2 --from y1/ --faces largest");
  // paths are quoted for the shell
  expect(commands(judge(few))[0]).toBe("facewright run --data 'my photos' --out out-2 --from <weights>");
  expect(commands(judge({ ...few, directory: undefined }))).toEqual([]);
  expect(commands(judge({ ...FACTS, evaluationOnly: true }))).toEqual([]);
});

test('the facts come from the events; an unfinished run has no verdict', () => {
  const events = sampleEvents();
  const { reasons } = judgeRun(historyOf(events))!;
  expect(reasons[0]).toContain('only 2 people it never saw');
  expect(reasons[0]).toContain('Among their 600 pairs the 95 % interval is 93.5 % to 96.9 %');
  const onPrepared = events.filter(({ type }) => !type.startsWith('prepare.'));
  expect(judgeRun(historyOf(onPrepared))!.reasons[0]).toBe(reasons[0]);
  const cut = events.findIndex(({ type }) => type === 'train.finished');
  expect(judgeRun(historyOf(events.slice(0, cut)))).toBeUndefined();
});

test('in a terminal no line of prose is wider than the screen, and colour is optional', () => {
  const verdict = judge({ ...FACTS, people: 3, heldOut: 2, test: test57, severalFaces: 2000 });
  const lines = verdictText(verdict, { columns: 80 }).split('\n');
  for (const line of lines) if (!line.startsWith('  facewright')) expect(line.length).toBeLessThanOrEqual(80);
  expect(lines.join('')).not.toContain('\u001b');
  expect(verdictText(verdict, { colour: true })).toContain('\u001b[31m');
});
