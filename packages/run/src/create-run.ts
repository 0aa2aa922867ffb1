/** Composes a whole run: prepare, hold people out, train, verify on them, report. */
import { basename, dirname, join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { DependencyContainer } from 'tsyringe';
import {
  createEventStream,
  parseRunConfig,
  RANDOM,
  throwIfAborted,
  withPlugin,
  type Cluster,
  type ConfiguredPlugin,
  type Dataset,
  type EventReader,
  type Events,
  type EventStream,
  type OpenLogger,
  type RunConfig,
  type RunConfigInput,
  type RunEvent,
} from '@facewright/core';
import { openDataset } from '@facewright/datasets';
import { createEventLog, writeReport, type Metrics, type PairPicture } from '@facewright/report';
import { batchParts, fromFirst, metricsOf, recordMetrics } from '@facewright/training';
import type { Builtins } from './composition/builtins.js';
import type { Composition } from './composition/compose.js';
import { joinCluster, type JoinedCluster } from './composition/clusters.js';
import { composeForData } from './composition/compose-for-data.js';
import { backendFor, type Scope } from './composition/from-config.js';
import { GivenParts } from './composition/given.js';
import { recogniseData } from './data-source.js';
import type { PresetName } from './presets/names.js';
import { presetOf } from './presets/presets.js';
import { drawSample, SAMPLE_PRESET, type SampleOptions } from './presets/sample.js';
import { onEveryRank, openOnFirst, requirePrepared } from './ranks.js';
import {
  readRunRecord,
  requireSameRecipe,
  type OpenOptions,
  type RunDirectory,
  type RunRecord,
} from './run-directory.js';
import { pickCrops } from './stages/crops.js';
import { pickDropped } from './stages/dropped.js';
import { editedDataset, editsOf } from './stages/edits.js';
import type { DrawnEvaluation } from './stages/evaluate.js';
import { evaluationDocument, picturesOf, writeEvaluation } from './stages/evaluation-directory.js';
import { makeEarly } from './stages/make-early.js';
import { modelToBeginFrom } from './stages/model-to-begin-from.js';
import { prepareStage } from './stages/prepare.js';
import type { StartingWeights } from './stages/starting-weights.js';
import { drawHeldOut, trainStage } from './stages/train.js';
import { verifyModel } from './stages/verify.js';
import { versions } from './versions.js';

export interface RunOptions {
  /** Parts known by name without being listed. */
  readonly builtins: Builtins;
  /** As in a config file; `out` is the run directory. */
  readonly config?: RunConfigInput;
  /**
   * Configured parts, e.g. `arcFace({ m: 0.4 })`. Each replaces the config's part of its kind. Losses are used for the
   * stages that name them; if the config has no stages, each loss given makes one, in order.
   */
  readonly plugins?: readonly ConfiguredPlugin[];
  /** Base for relative paths; default: the working directory. */
  readonly baseDirectory?: string;
  /** The origin of the config, for errors. */
  readonly where?: string;
  readonly signal?: AbortSignal;
  /** Receives every event. */
  readonly onEvent?: EventReader;
  /** Draws a sample of people into the run directory and uses its preset; an object says which people. */
  readonly sample?: boolean | SampleOptions;
  /** The defaults below the config: `small`, `medium` or `full`; by default whichever fits the engine. */
  readonly preset?: PresetName;
  /** Photos a person needs, overriding the tiers. If missing, small sets get their own tiers. */
  readonly minPhotos?: number;
  readonly resume?: boolean;
  readonly force?: boolean;
  /** Stop after training, without verification. */
  readonly trainOnly?: boolean;
  /** Recorded with the run. */
  readonly command?: string;
}

export interface RunResult {
  readonly directory: string;
  readonly dataset: string;
  readonly model: string;
  readonly report: string;
  readonly metrics: Metrics;
}

export interface Run {
  /** With presets and defaults filled in. */
  readonly config: RunConfig;
  readonly directory: string;
  /** This process among those that train together, from 0. Only rank 0 writes, and emits events to `onEvent`. */
  readonly rank: number;
  /** Holds the parts, created on first use. */
  readonly container: DependencyContainer;
  /** Runs to the end; every rank gets the same result. Rejects with `Interrupted` once the signal is aborted; everything written by then is complete. */
  start(): Promise<RunResult>;
  /**
   * Unlocks the directory of a run that is not started. Otherwise it is locked for other processes until `start` ends.
   */
  release(): void;
}

/**
 * Validates the config, resolves every part and prepares the run directory. Throws a `FacewrightError` for anything the
 * user can fix.
 */
export async function createRun(options: RunOptions): Promise<Run> {
  const { baseDirectory = process.cwd(), where = 'the config', plugins = [], config = {} } = options;
  new GivenParts(plugins).requireOneSource(config, where);
  const stageLosses = config.stages ? undefined : lossesOf(plugins);
  const scope: Scope = {
    builtins: options.builtins,
    events: createEventStream(),
    signal: options.signal ?? new AbortController().signal,
    baseDirectory,
    where,
    plugins,
    stageLosses,
  };
  const joined = await joinCluster(parseRunConfig({ cluster: config.cluster, plugins: config.plugins }, where), scope);
  if (options.onEvent && joined.cluster.rank === 0) scope.events.subscribe(options.onEvent);
  return onEveryRank(joined.cluster, () => composeRun(options, { ...scope, cluster: joined.plugin }, joined));
}

async function composeRun(options: RunOptions, scope: Scope, { cluster }: JoinedCluster): Promise<Run> {
  const { resume = false, config: ofUser } = options;
  const { events, signal, baseDirectory, where, plugins, stageLosses } = scope;
  const sample = options.sample === true ? {} : (options.sample ?? false);
  const given = { ...ofUser, ...(stageLosses && { stages: stagesOf(stageLosses, plugins) }) };
  const own = parseRunConfig(given, where); // reports errors in the user's own config before anything is added to it

  const data = sample ? undefined : await recogniseData(given.data, baseDirectory);
  requirePrepared(cluster, data?.prepared, where);
  const backend = await backendFor(own, scope);
  const preset = sample ? { name: 'sample', config: SAMPLE_PRESET } : await presetOf(backend.plugin, options.preset);
  const { weights, resumed, defaults } = await modelToBeginFrom(own, scope, { resume, given });
  const underlay: RunConfigInput = { ...preset.config, ...data?.config, ...defaults };
  const checked = parseRunConfig({ ...underlay, ...given }, where);
  batchParts(checked.batch, checked.microBatch, undefined, cluster.size); // rejects a batch that cannot be divided, before any work
  const out = resolve(baseDirectory, checked.out);
  const { composition, notice } = await composeForData(
    {
      ...checked,
      out,
      ...(checked.from !== undefined && { from: resolve(baseDirectory, checked.from) }),
      ...(sample && { data: join(out, 'sample') }),
    },
    backend,
    scope,
    {
      given,
      minPhotos: options.minPhotos,
      earlier: resume ? (await readRunRecord(out))?.config.tiers : undefined,
      prepares: !sample && data?.prepared === undefined,
    },
  );
  const prepares = data?.prepared === undefined;
  const { early, directory } = await orDispose(composition, async () => ({
    early: await makeEarly(composition, {
      prepares,
      reads: prepares && !sample,
      weights: resumed ? undefined : weights,
    }),
    // last of all, because --force deletes an earlier run's files here
    directory: await openDirectory(composition, cluster, out, {
      resume,
      force: options.force,
      replaceSample: sample !== false && given.out === undefined,
      keep: sample ? ['sample'] : preparedIn(out, data?.prepared),
    }),
  }));

  // the preparation takes long and needs memory of its own; the other ranks get theirs from rank 0
  if (prepares || cluster.rank > 0) weights?.letGo();

  const start = (): Promise<RunResult> => {
    const run: Execution = {
      composition,
      cluster,
      directory,
      events,
      signal,
      sample,
      resume,
      record: recordAtStart(options, composition, directory.earlier?.heldOut),
      prepared: data?.prepared,
      trainOnly: options.trainOnly ?? false,
      preset: preset.name,
      chosen: keysOfPreset(preset.config, underlay, given),
      notice,
      early,
      weights,
    };
    return onEveryRank(cluster, () => (cluster.rank === 0 ? execute(run) : help(run)))
      .catch((error: unknown) => {
        throw withPlugin(error);
      })
      .finally(directory.release);
  };
  const { config, container } = composition;
  const release = (): void => {
    directory.release();
    void composition.dispose();
    void cluster.close();
  };
  return { config, directory: directory.path, rank: cluster.rank, container, start, release };
}

const recordAtStart = (
  { command = 'createRun', sample = false }: RunOptions,
  { config, parts }: Composition,
  heldOut: RunRecord['heldOut'],
): RunRecord => ({ format: 1, command, config, parts, sample: sample !== false, heldOut });

/** A part may have opened the engine when it was created. */
const orDispose = <T>(composition: Composition, work: () => Promise<T>): Promise<T> =>
  work().catch(async (error: unknown) => {
    await composition.dispose();
    throw error;
  });

async function openDirectory(
  composition: Composition,
  cluster: Cluster,
  path: string,
  options: OpenOptions,
): Promise<RunDirectory> {
  const directory = await openOnFirst(cluster, path, options);
  try {
    if (options.resume) requireSameRecipe(directory.earlier!, composition, directory.path);
    return directory;
  } catch (error) {
    directory.release();
    throw error;
  }
}

/** The name of a prepared dataset in the run directory. */
const preparedIn = (out: string, prepared: string | undefined): string[] =>
  prepared !== undefined && dirname(prepared) === out ? [basename(prepared)] : [];

/** The keys set by the preset: those not set by the user's config, the data or the initial weights. */
const keysOfPreset = (preset: RunConfigInput, underlay: RunConfigInput, given: RunConfigInput): string[] =>
  Object.entries(preset)
    .filter(([key, value]) => !(key in given) && underlay[key as keyof RunConfigInput] === value)
    .map(([key]) => key);

interface Execution {
  readonly composition: Composition;
  readonly cluster: Cluster;
  readonly directory: RunDirectory;
  readonly events: EventStream;
  readonly signal: AbortSignal;
  readonly sample: false | SampleOptions;
  readonly resume: boolean;
  readonly record: RunRecord;
  readonly prepared: string | undefined;
  readonly trainOnly: boolean;
  readonly preset: string;
  readonly chosen: readonly string[];
  readonly notice: Events['notice'] | undefined;
  /** The events of the parts when they were created. */
  readonly early: readonly RunEvent[];
  /** What training starts from, unless from random weights. */
  readonly weights: StartingWeights | undefined;
}

async function execute(run: Execution): Promise<RunResult> {
  const { composition, directory, events, record } = run;
  const { config, container, parts } = composition;
  const begin = performance.now();
  const log = createEventLog(directory.events, { fresh: !run.resume });
  events.subscribe(log.reader);
  const loggers: OpenLogger[] = [];
  let dataset: Dataset | undefined;
  try {
    for (const part of composition.loggers) loggers.push((await part.make()).open(directory.path));
    for (const { reader } of loggers) events.subscribe(reader);
    await directory.record(record);
    events.emit('run.started', { command: record.command, seed: config.seed, config, parts, versions: versions() });
    for (const event of run.early) for (const { reader } of [log, ...loggers]) reader(event);
    tellPreset(run);
    tellCluster(run);
    if (run.notice) events.emit('notice', run.notice);
    dataset = await datasetOf(run);
    const heldOut = await fromFirst(
      run.cluster,
      record.heldOut ?? (await drawHeldOut(composition, dataset, run.weights)),
    );
    await directory.record({ ...record, heldOut });
    const modelDirectory = await trained(run, dataset, heldOut);
    const drawn =
      run.trainOnly || !heldOut.length ? undefined : await verifyModel(composition, modelDirectory, dataset, heldOut);
    const pairs = drawn ? await recordEvaluation(run, modelDirectory, dataset, drawn) : [];
    events.emit('run.finished', { seconds: (performance.now() - begin) / 1000 });
    const crops = await pickCrops(dataset, container.resolve(RANDOM).fork('crops'));
    const dropped = await pickDropped(
      dataset.exclusions(),
      config.data === undefined || run.prepared ? undefined : resolve(composition.baseDirectory, config.data),
    );
    log.close();
    const { report, metrics } = await writeReport({ directory: directory.path, crops, pairs, dropped });
    const result = { directory: directory.path, dataset: dataset.directory, model: modelDirectory, report, metrics };
    await fromFirst(run.cluster, result);
    await run.cluster.close();
    return result;
  } finally {
    log.close();
    for (const logger of loggers) await logger.close();
    await dataset?.close();
    await composition.dispose();
  }
}

/** What the other ranks do: they train with rank 0, and wait for its result. */
async function help(run: Execution): Promise<RunResult> {
  const { composition, cluster } = run;
  let dataset: Dataset | undefined;
  try {
    dataset = await datasetOf(run);
    await trained(run, dataset, await fromFirst<string[]>(cluster));
    const result = await fromFirst<RunResult>(cluster);
    await cluster.close();
    return result;
  } finally {
    await dataset?.close();
    await composition.dispose();
  }
}

async function datasetOf(run: Execution): Promise<Dataset> {
  const dataset = await openDataset(run.prepared ?? (await prepared(run)));
  // edits are applied when the photos are prepared
  const edits = run.prepared ? await editsOf(run.composition) : undefined;
  if (!edits) return dataset;
  return editedDataset(dataset, edits, run.events.emit, run.composition.config.edits!);
}

/** The model's directory. */
async function trained(
  { composition, cluster, directory, resume, weights }: Execution,
  dataset: Dataset,
  exclude: readonly string[],
): Promise<string> {
  const { path } = directory;
  const options = { directory: path, exclude, resume, weights, cluster };
  return (await trainStage(composition, dataset, options)).modelDirectory;
}

function tellCluster({ cluster: { size, device }, composition, events }: Execution): void {
  if (size === 1) return;
  const { batch } = composition.config;
  events.emit('notice', {
    level: 'info',
    message: `${size} processes train together, each on ${batch / size} of the ${batch} images of a step (${device}).`,
  });
}

/** Tells the user which settings a preset changed for a slow engine, because they may want the full network. */
function tellPreset({ preset, chosen, composition, events }: Execution): void {
  if ((preset !== 'small' && preset !== 'medium') || !chosen.length) return;
  const { name } = composition.backend;
  const message = chosen.includes('model')
    ? `The engine "${name}" is too slow for the full network, so the preset "${preset}" sets ${chosen.join(', ')}. Use --preset full for the full network, or set each in a config.`
    : `The preset "${preset}", which suits the engine "${name}", sets ${chosen.join(', ')}. Settings in a config take precedence.`;
  events.emit('notice', { level: 'info', message });
}

/** Writes the evaluation next to the model; returns its pictures. */
async function recordEvaluation(
  { directory, events }: Execution,
  model: string,
  dataset: Dataset,
  { set, identities, evaluation, read }: DrawnEvaluation,
): Promise<readonly PairPicture[]> {
  const { verification, people } = evaluation;
  const pictures = await picturesOf(evaluation, read);
  const document = { model, data: dataset.directory, flip: false, ...evaluationDocument(evaluation), skipped: [] };
  await writeEvaluation({ directory: directory.evaluation, set, evaluation, pictures, document });
  events.emit('evaluate.finished', {
    ...{ verification, directory: directory.evaluation, heldOut: identities },
    ...(people && { people }),
  });
  await recordMetrics(model, metricsOf(verification, 'people held out of training'));
  return pictures;
}

/** The dataset of the run directory, prepared now unless an earlier start has finished it. */
async function prepared({ composition, directory, events, signal, sample, resume }: Execution): Promise<string> {
  if (
    resume &&
    (await openDataset(directory.dataset).then(
      (dataset) => dataset.close().then(() => true),
      () => false,
    ))
  )
    return directory.dataset;
  const drawn = sample
    ? await drawSample({
        ...sample,
        directory: directory.sample,
        seed: composition.config.seed,
        emit: events.emit,
        signal,
      })
    : undefined;
  throwIfAborted(signal, directory.path);
  await prepareStage(composition, { directory: directory.dataset, landmarkList: drawn?.list });
  return directory.dataset;
}

/** Losses given in code make the stages if the config has none. */
function lossesOf(plugins: readonly ConfiguredPlugin[]): ConfiguredPlugin<'loss'>[] | undefined {
  const losses = plugins.filter((plugin): plugin is ConfiguredPlugin<'loss'> => plugin.meta.kind === 'loss');
  return losses.length ? losses : undefined;
}

function stagesOf(
  losses: readonly ConfiguredPlugin<'loss'>[],
  plugins: readonly ConfiguredPlugin[],
): RunConfigInput['stages'] {
  const optimiser = plugins.find(({ meta }) => meta.kind === 'optimiser')?.meta.name ?? 'adam';
  return losses.map(({ meta }, index) => ({
    loss: meta.name,
    optimiser,
    rate: index ? 5e-4 : 1e-3,
    warmUp: index ? 200 : 0,
    until: { epochs: 40, plateau: {} },
  }));
}
