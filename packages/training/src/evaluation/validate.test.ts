/** Validation: every photo counts equally, whichever batch it is in. */
import { createRandom, singleCluster, type PluginContext } from '@facewright/core';
import { expect, test } from 'vitest';
import { linearLoss, openCpu, tinyDataset, tinyModel } from '../../test/tiny.js';
import { createImageStore } from '../data/images.js';
import { firstState } from '../loop/stage-state.js';
import { sgd } from '../optimisers/sgd.js';
import { createValidator, type Validation } from './validate.js';

test('a smaller last batch is weighted by its size, in loss and accuracy', async () => {
  const engine = await openCpu();
  const dataset = tinyDataset(3, 4);
  const samples = [...dataset.labels.keys()]
    .filter((index) => dataset.kindOf(index) === 'original')
    .map((sample) => ({ sample, label: dataset.labels[sample] }));
  const store = createImageStore(dataset, tinyModel, { count: samples.length });
  const optimiser = await sgd({ momentum: 0 }).create({} as PluginContext);
  const { state } = firstState(tinyModel, { loss: linearLoss, optimiser }, 3, createRandom('validate'));
  const measure = async (of: typeof samples, batch: number): Promise<Validation> => {
    const validator = createValidator({
      engine,
      cluster: singleCluster(),
      model: tinyModel,
      loss: linearLoss,
      samples: {
        length: of.length,
        samples: Uint32Array.from(of, ({ sample }) => sample),
        labels: Uint32Array.from(of, ({ label }) => label),
      },
      store,
      batch,
    });
    const measured = await validator.measure(state);
    validator.dispose();
    return measured;
  };
  const single = await Promise.all(samples.map((sample) => measure([sample], 1)));
  const meanOf = (key: 'loss' | 'accuracy'): number =>
    single.reduce((sum, measured) => sum + measured[key], 0) / samples.length;
  const [loss, accuracy] = [meanOf('loss'), meanOf('accuracy')];
  // some are right and some wrong, otherwise batches of different size would not matter
  expect(accuracy).toBeGreaterThan(0);
  expect(accuracy).toBeLessThan(1);
  for (const batch of [12, 7, 5, 1]) {
    const measured = await measure(samples, batch);
    expect(measured.loss).toBeCloseTo(loss, 5);
    expect(measured.accuracy).toBeCloseTo(accuracy, 6);
    expect(measured.images).toBe(12);
  }
});
