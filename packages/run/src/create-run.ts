/** A whole run, composed: prepare, hold people out, train, verify on them, report. */
import { basename, dirname, join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { DependencyContainer } from 'tsyringe';
import {
  createEventStream,
  ENGINE,
  LOGGER,
  MODEL,
  parseRunConfig,
  RANDOM,
  throwIfAborted,
  type ConfiguredPlugin,
  type Dataset,
  type EventReader,
  type EventStream,
  type RunConfig,
  type RunConfigInput,
} from '@facewright/core';
import { openDataset } from '@facewright/datasets';
import { createEventLog, writeReport, type Metrics, type PairPicture } from '@facewright/report';
import { batchParts, createEmbedder, loadModelFiles, metricsOf, recordMetrics } from '@facewright/training';
import type { Builtins } from './composition/builtins.js';
import { backendFor, compose, givenPart, type Composition, type Scope } from './composition/compose.js';
import { pickCrops } from './stages/crops.js';
import { recogniseData } from './data-source.js';
import { pickDropped } from './stages/dropped.js';
import { evaluateDrawn, type DrawnEvaluation } from './stages/evaluate.js';
import { evaluationDocument, picturesOf, writeEvaluation } from './stages/evaluation-directory.js';
import { modelOfBeginning } from './stages/fine-tune.js';
import { prepareStage } from './stages/prepare.js';
import type { PresetName } from './presets/names.js';
import { presetOf } from './presets/presets.js';
import { openRunDirectory, requireSameConfig, type RunDirectory, type RunRecord } from './run-directory.js';
import { drawSample, SAMPLE_PRESET, type SampleOptions } from './presets/sample.js';
import { drawHeldOut, trainStage } from './stages/train.js';
import { versions } from './versions.js';

export interface RunOptions {
  /** Parts known by name without being listed. */
  readonly builtins: Builtins;
  /** As in a config file; `out` is the run's directory. */
  readonly config?: RunConfigInput;
  /**
   * Configured parts, e.g. `arcFace({ m: 0.4 })`: each takes the place of what the config says for its kind. Losses are taken for the stages
   * that name them; where the config has no stages, each loss given makes a stage, in order.
   */
  readonly plugins?: readonly ConfiguredPlugin[];
  /** Relative paths are relative to this; default: the working directory. */
  readonly baseDirectory?: string;
  /** For errors: where the config comes from. */
  readonly where?: string;
  readonly signal?: AbortSignal;
  /** Is told every event. */
  readonly onEvent?: EventReader;
  /** Draws a sample of people into the run's directory and uses its preset; an object says which people. */
  readonly sample?: boolean | SampleOptions;
  /** What lies under the config; by default what fits the engine: `small`, `medium` or `full`. */
  readonly preset?: PresetName;
  readonly resume?: boolean;
  readonly force?: boolean;
  /** Ends after the training: nobody is verified on. */
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
  /** Holds the parts, made on first use. */
  readonly container: DependencyContainer;
  /** Runs to the end. Rejects with `Interrupted` once the signal is set; what was written is whole then. */
  start(): Promise<RunResult>;
  /** Gives up the directory, which is locked for other processes until `start` has ended: for a run that is not started. */
  release(): void;
}

/** Checks the config, looks up every part and makes the run's directory ready. Throws a `FacewrightError` for anything the user can mend. */
export async function createRun(options: RunOptions): Promise<Run> {
  const {
    builtins,
    resume = false,
    force = false,
    baseDirectory = process.cwd(),
    where = 'the config',
    signal = new AbortController().signal,
    plugins = [],
  } = options;
  const sample = options.sample === true ? {} : (options.sample ?? false);
  const events = createEventStream();
  if (options.onEvent) events.subscribe(options.onEvent);
  const scope: Scope = { builtins, events, signal, baseDirectory, where, plugins };
  const given = withStagesOf(plugins, options.config ?? {});
  parseRunConfig(given, where); // complains of the user's own words before anything is added to them

  const data = sample ? undefined : await recogniseData(given.data, baseDirectory);
  const backend = await backendFor(parseRunConfig(given, where), scope);
  const preset = sample ? { name: 'sample', config: SAMPLE_PRESET } : presetOf(backend, options.preset);
  const underlay: RunConfigInput = {
    ...preset.config,
    ...data?.config,
    ...(await modelOfBeginning(parseRunConfig(given, where), scope, { resume, given })),
  };
  const checked = parseRunConfig({ ...underlay, ...given }, where);
  batchParts(checked.batch, checked.microBatch); // refuses parts that do not make a batch, before any work
  const out = resolve(baseDirectory, checked.out);
  const config = { ...checked, out, ...(sample && { data: join(out, 'sample') }) };
  const composition = await compose(config, backend, scope);
  // last of all: with --force an earlier run's files go here
  const directory = await openRunDirectory(out, {
    resume,
    force,
    replaceSample: sample !== false && given.out === undefined,
    keep: sample ? ['sample'] : data?.prepared && dirname(data.prepared) === out ? [basename(data.prepared)] : [],
  });
  try {
    if (resume) requireSameConfig(directory.earlier!.config, config, directory.path);
  } catch (error) {
    directory.release();
    throw error;
  }

  const chosen = Object.entries(preset.config)
    .filter(([key, value]) => !(key in given) && underlay[key as keyof RunConfigInput] === value)
    .map(([key]) => key);
  const start = (): Promise<RunResult> => {
    const record: RunRecord = {
      format: 1,
      command: options.command ?? 'createRun',
      config,
      sample: sample !== false,
      heldOut: directory.earlier?.heldOut,
    };
    return execute({
      composition,
      directory,
      events,
      signal,
      sample,
      resume,
      record,
      prepared: data?.prepared,
      trainOnly: options.trainOnly ?? false,
      preset: preset.name,
      chosen,
    }).finally(directory.release);
  };
  const { container } = composition;
  return { config, directory: directory.path, container, start, release: directory.release };
}

interface Execution {
  readonly composition: Composition;
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
}

async function execute(run: Execution): Promise<RunResult> {
  const { composition, directory, events, signal, record } = run;
  const { config, container, backend } = composition;
  const { emit } = events;
  const begin = performance.now();
  const log = createEventLog(directory.events, { fresh: !run.resume });
  events.subscribe(log.reader);
  const loggers = (composition.loggers.length ? await Promise.all(container.resolveAll(LOGGER)) : []).map((logger) =>
    logger.open(directory.path),
  );
  for (const { reader } of loggers) events.subscribe(reader);
  let dataset: Dataset | undefined;
  let pairs: readonly PairPicture[] = [];
  try {
    await directory.record(record);
    emit('run.started', { command: record.command, seed: config.seed, config, versions: versions() });
    if ((run.preset === 'small' || run.preset === 'medium') && run.chosen.length) {
      emit('notice', {
        level: 'info',
        message: `The engine "${backend.meta.name}" is slow for the full net: the preset "${run.preset}" sets ${run.chosen.join(', ')}. --preset full takes the full net; a config sets each.`,
      });
    }
    dataset = await openDataset(run.prepared ?? (await prepared(run)));
    const heldOut = record.heldOut ?? (await drawHeldOut(composition, dataset));
    await directory.record({ ...record, heldOut });
    const { modelDirectory } = await trainStage(composition, dataset, {
      directory: directory.path,
      exclude: heldOut,
      resume: run.resume,
    });
    if (!run.trainOnly && heldOut.length) {
      const drawn = await verifyModel(composition, modelDirectory, dataset, heldOut, { emit, signal });
      if (drawn) {
        const { set, evaluation, read } = drawn;
        const { verification, people } = evaluation;
        pairs = await picturesOf(evaluation, read);
        await writeEvaluation({
          directory: directory.evaluation,
          set,
          evaluation,
          pictures: pairs,
          document: {
            model: modelDirectory,
            data: dataset.directory,
            flip: false,
            ...evaluationDocument(evaluation),
            skipped: [],
          },
        });
        emit('evaluate.finished', { verification, directory: directory.evaluation, ...(people && { people }) });
        await recordMetrics(modelDirectory, metricsOf(verification, 'people held out of the training'));
      }
    }
    emit('run.finished', { seconds: (performance.now() - begin) / 1000 });
    const crops = await pickCrops(dataset, container.resolve(RANDOM).fork('crops'));
    const dropped = await pickDropped(
      dataset.summary.exclusions,
      config.data === undefined || run.prepared ? undefined : resolve(composition.baseDirectory, config.data),
    );
    log.close();
    const { report, metrics } = await writeReport({ directory: directory.path, crops, pairs, dropped });
    return { directory: directory.path, dataset: dataset.directory, model: modelDirectory, report, metrics };
  } finally {
    log.close();
    for (const logger of loggers) await logger.close();
    await dataset?.close();
    await composition.dispose();
  }
}

/** The dataset of the run's directory; made now, unless an earlier start has finished it. */
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

async function verifyModel(
  { container, config }: Composition,
  modelDirectory: string,
  dataset: Dataset,
  heldOut: readonly string[],
  reporting: Parameters<typeof evaluateDrawn>[5],
): Promise<DrawnEvaluation | undefined> {
  const { params, statistics } = await loadModelFiles(modelDirectory);
  const embedder = createEmbedder({
    engine: await container.resolve(ENGINE),
    model: await container.resolve(MODEL),
    params,
    statistics,
  });
  try {
    return await evaluateDrawn(
      embedder,
      dataset,
      heldOut,
      config.heldOut.pairs,
      container.resolve(RANDOM).fork('pairs'),
      reporting,
    );
  } finally {
    embedder.dispose();
  }
}

/** Losses given in code make the stages where the config has none. */
function withStagesOf(plugins: readonly ConfiguredPlugin[], config: RunConfigInput): RunConfigInput {
  const losses = plugins.filter(({ meta }) => meta.kind === 'loss');
  if (config.stages || !losses.length) return config;
  const optimiser = givenPart(plugins, 'optimiser')?.meta.name ?? 'adam';
  return {
    ...config,
    stages: losses.map(({ meta }, index) => ({
      loss: meta.name,
      optimiser,
      rate: index ? 5e-4 : 1e-3,
      warmUp: index ? 200 : 0,
      until: { epochs: 40, plateau: {} },
    })),
  };
}
