/** From photos to a dataset directory. */
import { availableParallelism } from 'node:os';
import {
  EVENTS,
  fromUser,
  pluginContext,
  SIGNAL,
  throwIfAborted,
  type PreparationSummary,
  type Reader,
} from '@facewright/core';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDatasetWriter, preparedSummary, trillionPairs, type EncodedDatasetWriter } from '@facewright/datasets';
import { DirectoryTaken } from '@facewright/platform/node';
import { MtcnnUnavailable, prepare, type PartNumber, type WorkerRecipe } from '@facewright/preprocess';
import { editReader } from '@facewright/quality';
import { traitsOf } from '../composition/engines.js';
import type { Composition } from '../composition/compose.js';
import type { Part } from '../composition/part.js';
import { noData } from '../data-source.js';
import { editsOf, warnOfUnmatched } from './edits.js';
import { preparationOf } from './preparation.js';

export interface PrepareStageOptions {
  /** The dataset, which appears complete or not at all. */
  readonly directory: string;
  /** A landmark list for the same photos, in case the MTCNN weights are not available. */
  readonly landmarkList?: string;
  /** Whether an older dataset may be replaced. Default: `true`. */
  readonly replace?: boolean;
  /** Prepares only this part of the people. If it is already there, it stays. */
  readonly part?: PartNumber;
  /**
   * Another process is writing the part: wait until it has finished or died, or give up with `DirectoryTaken`. Default:
   * `wait`.
   */
  readonly whenTaken?: 'wait' | 'give-up';
}

export async function prepareStage(
  composition: Composition,
  { directory, landmarkList, replace, part, whenTaken = 'wait' }: PrepareStageOptions,
): Promise<PreparationSummary> {
  const { config, container, tiers, detectionBackend } = composition;
  if (!composition.reader) throw noData('the config');
  const recipe = await workerRecipe(composition);
  const reader =
    landmarkList === undefined ? await composition.reader.make() : await readerWithout(composition, landmarkList);
  const edits = await editsOf(composition);
  const parts = await preparationOf(composition);
  const writer = await (part && whenTaken === 'wait'
    ? writerInTurn(composition, directory)
    : createDatasetWriter(directory, { replace: part ? true : replace }));
  return prepare({
    ...parts,
    reader: edits ? editReader(reader, edits, warnOfUnmatched(container.resolve(EVENTS).emit, config.edits!)) : reader,
    writer,
    directory,
    ...(part && { part, ...(!replace && { earlier: () => preparedSummary(directory) }) }),
    ...(recipe && { workers: { count: config.workers ?? Math.min(8, availableParallelism()), recipe } }),
    // what the images depend on besides the arguments of `prepare`
    resumeKey: {
      detector: config.detector,
      aligner: config.aligner,
      augmenters: tiers.map(({ augmenters }) => augmenters.map(({ plugin: { meta, options } }) => [meta, options])),
      engine: detectionBackend.plugin.meta,
      edits,
    },
  });
}

const AGAIN_MS = 1000;

/**
 * The same part can be started twice: after a machine is lost, its job starts on another one while the lock of the first
 * is still there. The second then waits until the first has finished or counts as dead.
 */
async function writerInTurn({ container }: Composition, directory: string): Promise<EncodedDatasetWriter> {
  const signal = container.resolve(SIGNAL);
  for (let told = false; ; told = true) {
    try {
      return await createDatasetWriter(directory, { replace: true });
    } catch (error) {
      if (!(error instanceof DirectoryTaken)) throw error;
      if (!told)
        container.resolve(EVENTS).emit('notice', { level: 'warning', message: `${error.what} Waiting for it.` });
    }
    await sleep(AGAIN_MS);
    throwIfAborted(signal, directory);
  }
}

/**
 * The parts for worker threads; `undefined` if one was given in code and so cannot be recreated elsewhere, or if the
 * engine is single-threaded.
 */
async function workerRecipe(composition: Composition): Promise<WorkerRecipe | undefined> {
  const {
    config,
    detectionBackend: backend,
    detector,
    aligner,
    tiers,
    given,
    library,
    baseDirectory,
    where,
  } = composition;
  const parts: Part[] = [backend, detector, aligner, ...tiers.flatMap(({ augmenters }) => augmenters)] as Part[];
  if (parts.some(({ plugin }) => given.plugins.includes(plugin))) return undefined;
  const { workers } = await traitsOf(backend.plugin);
  if (!workers) return undefined;
  const packages = new Set(parts.flatMap(({ package: from }) => from ?? []));
  const fileOf = (name: string): string => library.packages.find((each) => each.name === name)?.file?.() ?? name;
  return {
    modules: [...packages].map((name) => fromUser(fileOf(name))),
    baseDirectory,
    where,
    backend: fromUser({ ...(backend.plugin.options as object), ...workers, name: backend.name }),
    detector: config.detector,
    aligner: config.aligner,
    augmenters: config.tiers.map(({ augment }) => augment),
  };
}

/** The config's reader, or the list's if there is no detector. */
async function readerWithout({ container, detector, reader }: Composition, landmarkList: string): Promise<Reader> {
  try {
    await detector.make();
    return await reader!.make();
  } catch (error) {
    if (!(error instanceof MtcnnUnavailable)) throw error;
    container.resolve(EVENTS).emit('notice', {
      level: 'warning',
      message: `${error.what} Using the data's own landmarks instead (${error.where}).`,
      todo: error.todo,
    });
    return trillionPairs({ path: landmarkList }).create(pluginContext(container, 'reader/trillion-pairs'));
  }
}
