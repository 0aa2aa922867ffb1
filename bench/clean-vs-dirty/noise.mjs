// Mistakes planted in a dataset, and what `facewright clean` would say about them.
import { fitUnits, layersOf, planImport, readWeightsFile } from '@facewright/convert';
import { createRandom, createRunContainer, pluginContext, sampleColumns } from '@facewright/core';
import { mobileFaceNet } from '@facewright/models';
import { editsOf, findProblems, lookAt } from '@facewright/quality';
import { createEmbedder } from '@facewright/training';

const SECOND = ' (2)';
const REPEAT = '#again';

/**
 * Some people's photos lie half in a second folder, some photos under another person, some are there twice. `describe`
 * counts what edits do about them.
 */
export function planted(dataset, { moved, split, repeated }, random) {
  const [people, place, twice] = ['people', 'place', 'twice'].map((name) => random.fork(name));
  const doubled = new Set(dataset.identities.filter(() => people.uniform() < split));
  const seen = new Map();
  const samples = Array.from({ length: dataset.length }, (_, index) => {
    const truth = dataset.identities[dataset.labels[index]];
    const nth = seen.get(truth) ?? 0;
    seen.set(truth, nth + 1);
    return {
      truth,
      index,
      identity: doubled.has(truth) && nth % 2 ? truth + SECOND : truth,
      source: dataset.sourceOf(index),
      kind: 'original',
    };
  });
  const names = [...new Set(samples.map(({ identity }) => identity))];
  const one = (name) => name.replace(SECOND, '');
  for (const sample of samples) {
    if (place.uniform() >= moved) continue;
    const others = names.filter((name) => one(name) !== sample.truth);
    sample.identity = others[place.integer(others.length)];
  }
  for (const sample of samples.filter(() => twice.uniform() < repeated))
    samples.push({ ...sample, source: sample.source + REPEAT });
  const wrong = samples.filter(({ identity, truth }) => one(identity) !== truth);
  return {
    samples,
    dataset: {
      ...dataset,
      ...sampleColumns(samples.map(({ identity, source, kind }) => ({ identity, source, kind }))),
      read: (index) => dataset.read(samples[index].index),
    },
    describe({ drop, merge }) {
      const dropped = new Set(drop);
      const right = merge.filter(({ from, into }) => one(from) === one(into)).length;
      return `${wrong.length} of ${samples.length} photos moved, ${wrong.filter(({ source }) => dropped.has(source)).length} of them dropped; ${dropped.size} dropped in all; ${doubled.size} people split, ${right} of ${merge.length} merges right`;
    },
  };
}

export async function cleaned({ samples, dataset }, { engine, y1, random }) {
  const plan = planImport(await readWeightsFile(y1));
  const model = await mobileFaceNet(plan.options).create(pluginContext(createRunContainer(), 'y1'));
  const expected = model.init(createRandom(0));
  const state = fitUnits(expected, plan.unitsFor(layersOf(expected)), {
    epsilon: (layer) => plan.options[layer === 'embedding' ? 'embeddingEpsilon' : 'batchNormEpsilon'],
    channels: plan.channels,
    where: y1,
  });
  const embedder = createEmbedder({ engine, model, ...state });
  const photos = [];
  for (let first = 0; first < samples.length; first += 64) {
    const part = samples.slice(first, first + 64);
    const images = await Promise.all(part.map((_, offset) => dataset.read(first + offset)));
    const embeddings = await embedder.embed(images);
    part.forEach(({ identity, source, index }, offset) =>
      photos.push({
        source,
        person: identity,
        embedding: embeddings[offset],
        sha256: String(index),
        ...lookAt(images[offset]),
      }),
    );
  }
  embedder.dispose();
  return editsOf(await findProblems(photos, { engine, random }), photos);
}
