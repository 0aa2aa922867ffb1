import { createRandom, FacewrightError, type Verification } from '@facewright/core';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { tinyModel } from '../../test/tiny.js';
import {
  checkAlignment,
  loadModelFiles,
  metricsOf,
  readStartingPoint,
  recordMetrics,
  saveModel,
  type NewModelFiles,
} from '../index.js';

const root = await mkdtemp(join(tmpdir(), 'facewright-model-'));
afterAll(() => rm(root, { recursive: true }));
const directory = join(root, 'a', 'model');
const model: NewModelFiles = {
  card: {
    format: 1,
    model: { name: 'tiny', options: { width: 1 } },
    inputSize: [6, 6],
    embeddingSize: 4,
    alignment: { fingerprint: 'template', size: 6 },
  },
  ...tinyModel.init(createRandom(1)),
};
beforeEach(() => saveModel(directory, model));

test('a saved model loads again, and saving once more replaces it', async () => {
  expect(await loadModelFiles(directory)).toEqual(model);
  const other = { ...model, ...tinyModel.init(createRandom(2)) };
  await saveModel(directory, other);
  expect((await loadModelFiles(directory)).params).toEqual(other.params);
  expect(await readdir(join(root, 'a'))).toEqual(['model']);
  expect((await readdir(directory)).sort()).toEqual(['model.json', 'weights.safetensors']);
});

const failure = (): Promise<FacewrightError> =>
  loadModelFiles(directory).then(
    () => {
      throw new Error('it loaded');
    },
    (error: FacewrightError) => error,
  );

test('each kind of damage gives one clear error', async () => {
  const weights = join(directory, 'weights.safetensors');
  const card = join(directory, 'model.json');
  const expectFailure = async (what: string, where: string): Promise<void> => {
    const error = await failure();
    expect(error).toBeInstanceOf(FacewrightError);
    expect(error.what).toContain(what);
    expect(error.where).toBe(where);
    await saveModel(directory, model);
  };
  await truncate(weights, 50);
  await expectFailure('The weights do not match', weights);
  const bytes = await readFile(weights);
  bytes[bytes.length - 1] ^= 1;
  await writeFile(weights, bytes);
  await expectFailure('The weights do not match', weights);
  await rm(weights);
  await expectFailure('The weights cannot be read', weights);
  await writeFile(card, '{');
  await expectFailure('model.json cannot be read', card);
  await writeFile(card, '{"format":2}');
  await expectFailure('"format"', card);
  await rm(card);
  await expectFailure('no trained model', card);
  await expect(loadModelFiles(weights)).rejects.toMatchObject({
    what: expect.stringContaining('a file'),
    where: weights,
  });
});

test('metrics are added to the card and replace older ones on the same data; the weights do not change', async () => {
  const metrics = (on: string, accuracy: number) => ({
    on,
    pairs: 10,
    accuracy,
    std: 0.1,
    tarAtFar: { '1e-1': 0.5, '1e-2': null },
  });
  await recordMetrics(directory, metrics('lfw', 0.9));
  await recordMetrics(directory, metrics('agedb', 0.8));
  await recordMetrics(directory, metrics('lfw', 0.95));
  expect(await loadModelFiles(directory)).toEqual({
    ...model,
    card: { ...model.card, metrics: [metrics('agedb', 0.8), metrics('lfw', 0.95)] },
  });
});

test('another alignment is rejected', () => {
  expect(() => checkAlignment(model.card, { fingerprint: 'template' })).not.toThrow();
  expect(() => checkAlignment(model.card, { fingerprint: 'another' }, 'the photos')).toThrow(
    'aligned as "another", but the model was trained on "template"',
  );
});

test('the metrics of a verification include its thresholds, unless it used templates or mirrored photos', () => {
  const point = (far: string, threshold: number | null) => ({ far, threshold, tar: 0.5, falseAccepts: 1 });
  const verification = {
    pairs: 10,
    accuracy: 0.9,
    std: 0.1,
    tarAtFar: { '1e-1': 0.5, '1e-2': null },
    threshold: 0.25,
    operatingPoints: [point('1e-1', 0.3), point('1e-2', null)],
    folds: 10,
  } as unknown as Verification;
  const figures = { on: 'lfw', pairs: 10, accuracy: 0.9, std: 0.1, tarAtFar: { '1e-1': 0.5, '1e-2': null } };
  const thresholds = { threshold: 0.25, thresholdAtFar: { '1e-1': 0.3, '1e-2': null } };
  expect(metricsOf(verification, 'lfw')).toStrictEqual({ ...figures, ...thresholds });
  expect(metricsOf(verification, 'lfw', { thresholds: true })).toStrictEqual({ ...figures, ...thresholds });
  expect(metricsOf(verification, 'lfw', { thresholds: false })).toStrictEqual(figures);
});

test('a run without checkpoints is started from its model', async () => {
  const { path, model: reference, alignment, weights, head } = await readStartingPoint(join(root, 'a'));
  expect({ path, reference, alignment, head }).toEqual({
    path: directory,
    reference: { name: 'tiny', options: { width: 1 } },
    alignment: { fingerprint: 'template', size: 6 },
    head: undefined,
  });
  expect(weights.params).toEqual(model.params);
});
