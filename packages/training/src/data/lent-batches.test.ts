/** Batches in lent memory: all of it is given back, and none of it is looked at afterwards. */
import { createRandom, releaseArray, singleCluster, type PluginContext } from '@facewright/core';
import { expect, test } from 'vitest';
import { lendingStore, type LendingStore } from '../../test/lending.js';
import { recorded } from '../../test/recorded.js';
import { linearLoss, openCpu, tinyDataset, tinyModel } from '../../test/tiny.js';
import { createValidator } from '../evaluation/validate.js';
import { classMeans } from '../loop/class-means.js';
import { firstState } from '../loop/stage-state.js';
import { sgd } from '../optimisers/sgd.js';
import { createBatches, type Batches } from './batches.js';
import { createImageStore, type ImageStore } from './images.js';

const dataset = tinyDataset(4, 9);
const { length, labels } = dataset;
const samples = { length, labels, samples: Uint32Array.from({ length }, (_, index) => index) };
const open = (): ImageStore => createImageStore(dataset, tinyModel, { count: length });
const engineOf = async (bytes: boolean) => ({ ...(await openCpu()), bytes });

const batchesOf = (store: ImageStore, bytes: boolean): Batches =>
  createBatches({ samples, store, model: tinyModel, size: 8, flip: true, random: createRandom(1), bytes });

test('floats are made at once, and the bytes given back', async () => {
  const store = lendingStore(open());
  const [plain, lent] = [batchesOf(open(), false), batchesOf(store, false)];
  for (let step = 0; step < 5; step++) expect(await lent.at(step)).toEqual(await plain.at(step));
  await lent.close();
  expect(store.lent).toBeGreaterThan(5);
  expect(store.back).toBe(store.lent);
});

test('bytes stay until the step is done with them', async () => {
  const store = lendingStore(open());
  const [plain, lent] = [batchesOf(open(), true), batchesOf(store, true)];
  for (let step = 0; step < 5; step++) {
    const { images } = await lent.at(step);
    expect(store.back).toBe(step);
    expect(images.data).toEqual((await plain.at(step)).images.data);
    releaseArray(images.data);
  }
  expect(store.back).toBe(5);
});

test.each([true, false])('validation gives back all it reads, with the same result (bytes: %s)', async (bytes) => {
  const engine = await engineOf(bytes);
  const optimiser = await sgd({ momentum: 0 }).create({} as PluginContext);
  const { state } = firstState(tinyModel, { loss: linearLoss, optimiser }, 4, createRandom('lent'));
  const measured = async (store: ImageStore) => {
    const options = { engine, cluster: singleCluster(), model: tinyModel, loss: linearLoss, samples, store, batch: 7 };
    const validator = createValidator(options);
    const found = await validator.measure(state);
    validator.dispose();
    return found;
  };
  const store = lendingStore(open());
  expect(await measured(store)).toEqual(await measured(open()));
  expectAllBack(store);
});

test.each([true, false])('class centres give back all they read, with the same result (bytes: %s)', async (bytes) => {
  const engine = await engineOf(bytes);
  const { emit } = recorded();
  const weights = tinyModel.init(createRandom(7));
  const means = (store: ImageStore) =>
    classMeans(weights, [2, 0, 1], { engine, model: tinyModel, samples, store, emit });
  const store = lendingStore(open());
  expect(await means(store)).toEqual(await means(open()));
  expectAllBack(store);
});

function expectAllBack({ lent, back }: LendingStore): void {
  expect(lent).toBeGreaterThan(0);
  expect(back).toBe(lent);
}
