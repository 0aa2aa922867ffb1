/** A whole run in a worker: prepare, hold people out, train, verify on them; the same parts and the same events as the command line tool. */
import {
  createEventStream,
  createRunContainer,
  parseRunConfig,
  pluginContext,
  RANDOM,
  type Dataset,
  type Emit,
  type Engine,
  type EventStream,
  type Landmarks,
  type Photo,
  type PluginContext,
  type Random,
  type Reader,
  type RunConfig,
  type RunConfigInput,
  type RunEvent,
} from '@facewright/core';
import { createMtcnn, prepare, readWeights, type Tier } from '@facewright/preprocess';
import { metricsFrom, reportPage } from '@facewright/report';
import {
  cosineSimilarity,
  createEmbedder,
  drawPairs,
  holdOut,
  loadModelFiles,
  peopleOf,
  train,
  verify,
} from '@facewright/training';
import { join, readFile } from '@facewright/platform';
import { DRAWN_NOTICE } from '../drawn-people.js';
import { openEngine, type EngineChoice } from './engine.js';
import { createMemoryDataset } from './memory-dataset.js';
import { onnxFile } from './onnx-file.js';
import { makePart } from './parts.js';

/** A photo as the page hands it over. */
export interface PhotoFile {
  /** `<person>/<file>` */
  readonly id: string;
  readonly identity: string;
  readonly blob: Blob;
  readonly landmarks?: Landmarks;
}

export interface RunRequest {
  readonly photos: readonly PhotoFile[];
  readonly config: RunConfigInput;
  readonly engine: EngineChoice;
  /** The people are drawn: what the model learns holds for no photo. */
  readonly drawn?: boolean;
  /** The file of the MTCNN weights, needed where a photo brings no landmarks. */
  readonly weights?: Uint8Array;
}

/** The files of the run directory by their paths in it. */
export interface RunFiles {
  readonly [path: string]: Uint8Array;
}

const FOLDS = 10;
const DIRECTORY = '/run';

export async function executeRun(
  request: RunRequest,
  onEvent: (event: RunEvent) => void,
  signal: AbortSignal,
): Promise<RunFiles> {
  const begin = performance.now();
  const told: RunEvent[] = [];
  const events = createEventStream();
  events.subscribe((event) => (told.push(event), onEvent(event)));
  const { emit } = events;
  const config = parseRunConfig(request.config, 'the settings of the page');
  const container = createRunContainer({ seed: config.seed, events, signal });
  const random = container.resolve(RANDOM);
  emit('run.started', {
    command: 'studio',
    seed: config.seed,
    config,
    versions: { facewright: '0.1.0', browser: navigator.userAgent },
  });

  if (request.drawn) emit('notice', { level: 'info', message: DRAWN_NOTICE });
  const { engine, passedOver } = await openEngine(request.engine);
  for (const message of passedOver) emit('notice', { level: 'info', message });
  emit('engine.opened', { name: engine.name, device: engine.device, purpose: 'detection, training and evaluation' });
  const contextFor = (purpose: string): PluginContext => ({
    ...pluginContext(container, purpose),
    engine: async () => engine,
  });
  try {
    const dataset = await prepared(request, config, { engine, events, random, signal, contextFor });
    const heldOut = holdOut(peopleOf(dataset), config.heldOut, random.fork('held-out'));
    const model = await makePart('model', config.model, contextFor('model'));
    const stages = await Promise.all(
      config.stages.map(async (stage) => {
        const loss = await makePart('loss', stage.loss, contextFor('loss'));
        const optimiser = await makePart('optimiser', stage.optimiser, contextFor('optimiser'));
        return {
          name: loss.name,
          loss: loss.part,
          optimiserName: optimiser.name,
          optimiser: optimiser.part,
          config: stage,
        };
      }),
    );
    const { fingerprint, size } = dataset.summary.alignment;
    const { modelDirectory } = await train({
      dataset,
      exclude: heldOut,
      model: model.part,
      modelReference: { name: model.name, options: model.options },
      alignment: { fingerprint, size },
      stages,
      engine,
      batch: config.batch,
      flip: config.flip,
      validation: config.validation,
      checkpoint: config.checkpoint,
      guard: config.guard,
      directory: DIRECTORY,
      random: random.fork('train'),
      emit,
      signal,
    });
    const files = await loadModelFiles(modelDirectory);
    const embedder = createEmbedder({ engine, model: model.part, params: files.params, statistics: files.statistics });
    await evaluate(dataset, heldOut, config, embedder.embed, random.fork('pairs'), emit);
    embedder.dispose();
    emit('run.finished', { seconds: (performance.now() - begin) / 1000 });
    return runFiles(told, {
      'model/model.json': await readFile(join(modelDirectory, 'model.json')),
      'model/weights.safetensors': await readFile(join(modelDirectory, 'weights.safetensors')),
      'model/model.onnx': onnxFile(model.part, files),
    });
  } finally {
    await engine.dispose();
  }
}

interface Making {
  readonly engine: Engine;
  readonly events: EventStream;
  readonly random: Random;
  readonly signal: AbortSignal;
  contextFor(purpose: string): PluginContext;
}

/** The photos as aligned images in memory. */
async function prepared(
  { photos, weights }: RunRequest,
  config: RunConfig,
  { engine, events, random, signal, contextFor }: Making,
): Promise<Dataset> {
  const { part: aligner } = await makePart('aligner', config.aligner, contextFor('aligner'));
  const tiers: Tier[] = await Promise.all(
    config.tiers.map(async (rule) => ({
      rule,
      augmenters: await Promise.all(
        rule.augment.map(async (reference) =>
          makePart('augmenter', reference, contextFor('augmenter')).then(({ name, part }) => ({
            name,
            augmenter: part,
          })),
        ),
      ),
    })),
  );
  const writer = createMemoryDataset();
  const detector =
    weights &&
    createMtcnn(
      engine,
      readWeights(weights, 'the weights given to the page'),
      { minFace: 40, factor: 0.709, thresholds: [0.6, 0.7, 0.7], rounding: 'none' },
      signal,
    );
  try {
    await prepare({
      reader: readerOf(photos),
      detector,
      aligner,
      tiers,
      faces: config.faces,
      withoutFace: config.withoutFace,
      limits: config.limits,
      writer,
      random: random.fork('prepare'),
      seed: config.seed,
      emit: events.emit,
      signal,
      directory: 'this page',
    });
  } finally {
    detector?.dispose?.();
  }
  return writer.dataset();
}

function readerOf(files: readonly PhotoFile[]): Reader {
  const people = new Map<string, Photo[]>();
  for (const { id, identity, blob, landmarks } of files) {
    const photo: Photo = {
      id,
      identity,
      bytes: async () => new Uint8Array(await blob.arrayBuffer()),
      ...(landmarks && { landmarks }),
    };
    const known = people.get(identity);
    if (known) known.push(photo);
    else people.set(identity, [photo]);
  }
  return {
    async *identities() {
      for (const [name, photos] of people) yield { name, photos };
    },
  };
}

/** On pairs of the people held out; nothing but a notice where they are too few. */
async function evaluate(
  dataset: Dataset,
  people: readonly string[],
  config: RunConfig,
  embed: (images: Awaited<ReturnType<Dataset['read']>>[]) => Promise<Float32Array[]>,
  random: Random,
  emit: Emit,
): Promise<void> {
  const pairs = drawPairs(dataset, people, config.heldOut.pairs, random, FOLDS);
  if (pairs.length < 4) {
    emit('notice', {
      level: 'warning',
      message:
        'There are too few people to keep some out of training, so the model is not verified on people it never saw.',
      todo: 'Give photos of more people.',
    });
    return;
  }
  const used = [...new Set(pairs.flatMap(({ a, b }) => [a, b]))];
  const vectors = new Map<number, Float32Array>();
  for (let first = 0; first < used.length; first += 32) {
    const part = used.slice(first, first + 32);
    const embedded = await embed(await Promise.all(part.map((index) => dataset.read(index))));
    part.forEach((index, at) => vectors.set(index, embedded[at]));
    emit('progress', { task: 'evaluate', done: first + part.length, total: used.length, unit: 'images' });
  }
  const verification = verify(
    pairs.map(({ a, b }) => cosineSimilarity(vectors.get(a)!, vectors.get(b)!)),
    pairs.map(({ same }) => same),
    { folds: pairs.map(({ fold }) => fold) },
  );
  emit('evaluate.finished', { verification });
}

/** The run directory as the command line tool leaves it, without the dataset. */
function runFiles(events: readonly RunEvent[], model: RunFiles): RunFiles {
  const text = new TextEncoder();
  const kept = events.filter((event) => event.type !== 'progress' || event.done === event.total);
  return {
    'events.jsonl': text.encode(kept.map((event) => `${JSON.stringify(event)}\n`).join('')),
    'metrics.json': text.encode(`${JSON.stringify(metricsFrom(events), null, 2)}\n`),
    'report.html': text.encode(reportPage(events)),
    ...model,
  };
}
