/** What a checkpoint must match to be resumed: whatever changes the numbers of a training, and nothing else. */
import { createRandom, guardRule, sampleColumns, stageConfig, type Sample } from '@facewright/core';
import { expect, test } from 'vitest';
import { tinyDataset } from '../../test/tiny.js';
import { digestOf, digestOfList } from './digest.js';
import { fingerprintOf, type FingerprintOptions } from './fingerprint.js';
import type { LabelledSamples, TrainingSet } from '../data/training-set.js';

const stage = {
  name: 'linear',
  optimiserName: 'sgd',
  config: stageConfig.parse({ loss: 'linear', until: { steps: 5 } }),
};
const options: FingerprintOptions = {
  dataset: tinyDataset(3, 2),
  modelReference: { name: 'tiny', options: { width: 1, depth: 2 } },
  alignment: { fingerprint: 'template', size: 6 },
  stages: [stage],
  batch: 8,
  flip: true,
  validation: { fraction: 0.1, minimum: 4, everySteps: 10 },
  guard: guardRule.parse({}),
  random: createRandom(1),
};
const none: LabelledSamples = { length: 0, samples: new Uint32Array(), labels: new Uint32Array() };
const set = (identities: string[]): TrainingSet => ({ identities, training: none, validation: none });
const whole = fingerprintOf(options, set(['a', 'b']));
const changedBy = (change: Partial<FingerprintOptions>, identities = ['a', 'b']): string[] => {
  const other = fingerprintOf({ ...options, ...change }, set(identities));
  expect(Object.keys(other)).toEqual(Object.keys(whole));
  return Object.keys(whole).filter((name) => whole[name] !== other[name]);
};

test.each<[string, Partial<FingerprintOptions>]>([
  ['model', { modelReference: { name: 'other', options: { width: 1, depth: 2 } } }],
  ['model', { modelReference: { name: 'tiny', options: { width: 2, depth: 2 } } }],
  ['alignment', { alignment: { fingerprint: 'other', size: 6 } }],
  ['alignment', { alignment: { fingerprint: 'template', size: 7 } }],
  ['stages', { stages: [stage, stage] }],
  ['stages', { stages: [{ ...stage, name: 'cosine' }] }],
  ['stages', { stages: [{ ...stage, optimiserName: 'adam' }] }],
  ['stages', { stages: [{ ...stage, config: { ...stage.config, rate: 0.5 } }] }],
  ['batch', { batch: 16 }],
  ['batch', { flip: false }],
  ['batch', { microBatch: 4 }],
  ['validation', { validation: { ...options.validation, fraction: 0.2 } }],
  ['validation', { validation: { ...options.validation, minimum: 5 } }],
  ['guard', { guard: { ...options.guard, retries: 7 } }],
  ['guard', { guard: { ...options.guard, rateFactor: 0.25 } }],
  ['dataset', { dataset: tinyDataset(3, 3) }],
  ['seed', { random: createRandom(2) }],
])('another %s is detected: %j', (name, change) => {
  expect(changedBy(change)).toEqual([name]);
});

test('other people, or the same people in another order, are detected', () => {
  expect(changedBy({}, ['a', 'c'])).toEqual(['people']);
  expect(changedBy({}, ['b', 'a'])).toEqual(['people']);
});

test('a photo with another person, name or kind makes another dataset', () => {
  const samples: Sample[] = [
    { identity: 'a', source: 'a/1', kind: 'original' },
    { identity: 'b', source: 'b/1', kind: 'original' },
    { identity: 'b', source: 'b/1', kind: 'noise' },
  ];
  const of = (change: Partial<Sample>): FingerprintOptions['dataset'] => ({
    ...options.dataset,
    ...sampleColumns([{ ...samples[0], ...change }, ...samples.slice(1)]),
  });
  const digest = (change: Partial<Sample>): string =>
    fingerprintOf({ ...options, dataset: of(change) }, set(['a', 'b'])).dataset;
  expect(digest({})).toBe(digest({}));
  for (const change of [{ identity: 'x' }, { source: 'x' }, { kind: 'x' }])
    expect(digest(change), JSON.stringify(change)).not.toBe(digest({}));
});

test('a change that affects no result keeps the fingerprint', () => {
  expect(changedBy({ validation: { ...options.validation, everySteps: 99 } })).toEqual([]);
  expect(changedBy({ guard: { ...options.guard, chanceAfter: 99 } })).toEqual([]);
  expect(changedBy({ microBatch: 8 })).toEqual([]);
  expect(changedBy({ microBatch: 9 })).toEqual([]);
  expect(changedBy({ modelReference: { name: 'tiny', options: { depth: 2, width: 1 } } })).toEqual([]);
  expect(
    changedBy({ alignment: { ...options.alignment, detector: 'mtcnn' } as FingerprintOptions['alignment'] }),
  ).toEqual([]);
  expect(changedBy({ random: createRandom(1) })).toEqual([]);
});

test('equal values have equal digests regardless of the order of keys; the order of lists matters', () => {
  expect(digestOf({ a: 1, b: { c: 2, d: null } })).toBe(digestOf({ b: { d: null, c: 2 }, a: 1 }));
  expect(digestOf([1, 2])).not.toBe(digestOf([2, 1]));
  expect(digestOf({ a: 1 })).not.toBe(digestOf({ a: 2 }));
  expect(digestOfList(['ab', 'c'])).not.toBe(digestOfList(['a', 'bc']));
  expect(digestOfList([{ a: 1, b: 2 }])).toBe(digestOfList([{ b: 2, a: 1 }]));
});

test('the digest of the dataset is that of its images, one by one, whatever their names', () => {
  const samples: Sample[] = [
    { identity: 'Zoë "Z" Ü', source: 'a\\b"c/1.jpg', kind: 'original' },
    { identity: 'Zoë "Z" Ü', source: 'a\\b"c/1.jpg', kind: 'opening' },
    { identity: '王\u2028\ud800', source: 'tab\there', kind: 'original' },
    { identity: 'Zoë "Z" Ü', source: 'tab\there', kind: 'opening' },
  ];
  const dataset = { ...options.dataset, ...sampleColumns(samples) };
  expect(fingerprintOf({ ...options, dataset }, set(['a', 'b'])).dataset).toBe(
    digestOfList(samples.map(({ identity, source, kind }) => [identity, source, kind])),
  );
});
