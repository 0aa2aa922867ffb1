/** Runs in a worker thread (see workers.ts): creates the parts of its recipe, then turns photos into encoded images. */
import { parentPort, workerData } from 'node:worker_threads';
import { move, transferableSymbol, valueSymbol } from 'piscina';
import {
  makePart,
  restoreRandom,
  type Emit,
  type PluginContext,
  type PluginFactory,
  type PluginKind,
  type PluginReference,
} from '@facewright/core';
import { importPlugins, limitImageThreads, loadPlugin } from '@facewright/platform/node';
import { outcomeEncoder } from './encode.js';
import { processPhoto, type PhotoTask, type Processing } from './photo.js';
import type { EncodedPhoto, WorkerJob } from './workers.js';

const {
  modules,
  baseDirectory,
  where,
  backend,
  detector,
  aligner,
  augmenters,
  faces,
  withoutFace,
  limits,
  random: key,
  encoding,
} = workerData as WorkerJob;

async function open(): Promise<{ processing: Processing; encode: Awaited<ReturnType<typeof outcomeEncoder>> }> {
  await limitImageThreads(1); // sharp's own threads are not needed: the workers run in parallel
  const random = restoreRandom(key);
  const known: PluginFactory[] = [];
  for (const name of modules) known.push(...(await importPlugins(name, { baseDirectory, where })));
  const source = { known, baseDirectory, where };
  const make = async <K extends PluginKind>(kind: K, reference: PluginReference) =>
    makePart(await loadPlugin(kind, reference, source), context(kind));
  const engine = once(async () => (await make('backend', backend)).open());
  const context = (purpose: string): PluginContext => ({
    random: random.fork('part', purpose),
    emit,
    signal: new AbortController().signal,
    engine,
    baseDirectory,
  });
  const tiers = await Promise.all(
    augmenters.map(async (references, number) => ({
      rule: { name: String(number), above: 0, augment: [] },
      augmenters: await Promise.all(
        references.map(async (reference) => ({
          name: typeof reference === 'string' ? reference : reference.name,
          augmenter: await make('augmenter', reference),
        })),
      ),
    })),
  );
  return {
    processing: {
      aligner: await make('aligner', aligner),
      detector: once(() => make('detector', detector)),
      tiers,
      faces,
      withoutFace,
      limits,
      random,
    },
    encode: await outcomeEncoder(encoding),
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

/** Messages from parts are passed on; the state of each thread's engine is not. */
const emit: Emit = (type, event) => {
  if (type === 'notice') parentPort?.postMessage(event);
};

const opened = once(open);

export default async function photo(task: PhotoTask): Promise<EncodedPhoto> {
  const { processing, encode } = await opened();
  const { outcome, seconds } = await processPhoto(task, processing);
  const start = performance.now();
  const encoded = await encode(outcome);
  const result: EncodedPhoto = {
    outcome: encoded,
    seconds: { ...seconds, encode: (performance.now() - start) / 1000 },
  };
  const buffers = 'images' in encoded ? encoded.images.map(({ bytes }) => bytes.buffer as ArrayBuffer) : [];
  return move({ [transferableSymbol]: buffers, [valueSymbol]: result } as never) as unknown as EncodedPhoto;
}
