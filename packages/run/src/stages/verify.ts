/** Verifies a trained model on people it has never seen. */
import { EVENTS, RANDOM, SIGNAL, type Dataset } from '@facewright/core';
import { createEmbedder, loadModelFiles } from '@facewright/training';
import type { Composition } from '../composition/compose.js';
import { evaluateDrawn, type DrawnEvaluation } from './evaluate.js';

/** On pairs of the held-out people; `undefined` with a notice if there are too few. */
export async function verifyModel(
  composition: Composition,
  modelDirectory: string,
  dataset: Dataset,
  heldOut: readonly string[],
): Promise<DrawnEvaluation | undefined> {
  const { container, config, model } = composition;
  const { params, statistics } = await loadModelFiles(modelDirectory);
  const embedder = createEmbedder({
    engine: await composition.engine(),
    model: await model.make(),
    params,
    statistics,
  });
  const random = container.resolve(RANDOM).fork('pairs');
  const reporting = { emit: container.resolve(EVENTS).emit, signal: container.resolve(SIGNAL) };
  try {
    return await evaluateDrawn(embedder, dataset, heldOut, config.heldOut.pairs, random, reporting);
  } finally {
    embedder.dispose();
  }
}
