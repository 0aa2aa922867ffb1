/** A whole run in a page: the tool's composition and stages, with photos, dataset and engine supplied by the page. */
import {
  FacewrightError,
  parseRunConfig,
  type ConfiguredPlugin,
  type Engine,
  type EventStream,
  type Model,
  type RunConfigInput,
} from '@facewright/core';
import { prepare } from '@facewright/preprocess';
import type { Builtins } from '../composition/builtins.js';
import { composeParts, type Composition } from '../composition/compose.js';
import { GivenParts } from '../composition/given.js';
import { closedLibrary } from '../composition/library.js';
import { makeEarly } from '../stages/make-early.js';
import { preparationOf } from '../stages/preparation.js';
import { drawHeldOut, trainStage } from '../stages/train.js';
import { verifyModel } from '../stages/verify.js';
import { createMemoryDataset } from './memory-dataset.js';
import { VERSION } from '../version.js';

export interface PageRunOptions {
  readonly builtins: Builtins;
  readonly config: RunConfigInput;
  /** The page's own parts, including the reader of its photos. */
  readonly plugins: readonly ConfiguredPlugin[];
  /** Opened and closed by the page. */
  readonly engine: Engine;
  readonly events: EventStream;
  readonly signal: AbortSignal;
  /** In the page's in-memory file system. */
  readonly directory: string;
  readonly versions: Record<string, string>;
  /** Recorded with the run. */
  readonly command: string;
  /** The origin of the config, for errors. */
  readonly where: string;
}

export interface PageRun {
  readonly modelDirectory: string;
  readonly model: Model;
}

/** Emits the events of a run, ending with `run.finished`. Throws a `FacewrightError` for anything the user can fix. */
export async function runInPage(options: PageRunOptions): Promise<PageRun> {
  const begin = performance.now();
  const { events, directory, command, versions } = options;
  const composition = await composeInPage(options);
  const { config, parts, reader, model } = composition;
  await makeEarly(composition, { prepares: true, reads: true });
  events.emit('run.started', { command, seed: config.seed, config, parts, versions });
  const writer = createMemoryDataset();
  await prepare({
    ...(await preparationOf(composition)),
    reader: await reader!.make(),
    writer,
    directory: 'this page',
  });
  const dataset = writer.dataset();
  const heldOut = await drawHeldOut(composition, dataset);
  const { modelDirectory } = await trainStage(composition, dataset, { directory, exclude: heldOut });
  const drawn = heldOut.length ? await verifyModel(composition, modelDirectory, dataset, heldOut) : undefined;
  if (drawn) {
    const { verification, people } = drawn.evaluation;
    events.emit('evaluate.finished', { verification, heldOut: drawn.identities, ...(people && { people }) });
  }
  events.emit('run.finished', { seconds: (performance.now() - begin) / 1000 });
  return { modelDirectory, model: await model.make() };
}

async function composeInPage(options: PageRunOptions): Promise<Composition> {
  const { builtins, plugins, engine, events, signal, where } = options;
  const config = parseRunConfig(options.config, where);
  if (config.from !== undefined)
    throw new FacewrightError({
      what: 'A page has no files to start training from.',
      where: `${where}: "from"`,
      todo: 'Fine-tune with the command-line tool: facewright train --from <model>.',
    });
  return composeParts(config, {
    library: closedLibrary(builtins, where),
    given: new GivenParts(plugins),
    backend: { plugin: opened(engine), passedOver: [] },
    events,
    signal,
    baseDirectory: '.',
    where,
  });
}

/** The page's engine as the run's backend. */
const opened = (engine: Engine): ConfiguredPlugin<'backend'> => ({
  meta: { name: engine.name, kind: 'backend', version: VERSION, apiVersion: 1 },
  options: {},
  create: async () => ({
    probe: async () => ({ usable: true, device: engine.device }),
    open: async () => engine,
  }),
});
