/**
 * From config to parts: every name is resolved and every option validated before any work starts, and each part is
 * assigned to its place.
 */
import type { DependencyContainer } from 'tsyringe';
import {
  createRunContainer,
  ENGINE,
  EVENTS,
  findPlugin,
  plainReference,
  pluginContext,
  type ConfiguredPlugin,
  type DataName,
  type DataReference,
  type Engine,
  type EventStream,
  type PluginFactory,
  type PluginKind,
  type PluginReference,
  type RunConfig,
  type StageConfig,
  type TierRule,
} from '@facewright/core';
import { packageOf } from './builtins.js';
import { engineForAnySize, tellEngine, type ChosenBackend, type EngineRow } from './engines.js';
import type { GivenParts, NamedKind } from './given.js';
import type { PluginLibrary } from './library.js';
import { partIn, type Part } from './part.js';
import { recordOf, resolvedConfig, type PartRecord } from './record.js';

export interface ComposeOptions {
  readonly library: PluginLibrary;
  readonly given: GivenParts;
  readonly backend: ChosenBackend;
  /** The processes of a training; missing if nothing is trained, or a page trains. */
  readonly cluster?: ConfiguredPlugin<'cluster'>;
  readonly events: EventStream;
  readonly signal: AbortSignal;
  readonly baseDirectory: string;
  /** The config file or the command line, for errors. */
  readonly where: string;
  /** The reader's reference including the data's path; missing if nothing is read. */
  readonly reader?: PluginReference;
  /** Losses of the stages, if the stages come from code. */
  readonly stageLosses?: readonly ConfiguredPlugin<'loss'>[];
  /** The model named in a data file. Replaces the config's, and is never imported. */
  readonly modelOf?: ModelOfData;
}

export interface ModelOfData {
  readonly model: { readonly name: DataName; readonly options: unknown };
  /** The file. */
  readonly where: string;
}

export interface StageParts {
  readonly loss: Part<'loss'>;
  readonly optimiser: Part<'optimiser'>;
  /** The criteria of `until.any`. */
  readonly criteria: readonly Part<'criterion'>[];
  readonly config: StageConfig;
}

export interface TierParts {
  readonly rule: TierRule;
  readonly augmenters: readonly Part<'augmenter'>[];
}

/** The parts of a run, and the container that creates them. */
export interface Composition {
  readonly container: DependencyContainer;
  /** The config with every part resolved: its name and all options, wherever they came from. */
  readonly config: RunConfig;
  readonly reader?: Part<'reader'>;
  readonly detector: Part<'detector'>;
  readonly aligner: Part<'aligner'>;
  readonly model: Part<'model'>;
  readonly backend: Part<'backend'>;
  /** The backend for face detection: the run's backend, unless that compiles for each image size. */
  readonly detectionBackend: Part<'backend'>;
  readonly stages: readonly StageParts[];
  readonly tiers: readonly TierParts[];
  readonly loggers: readonly Part<'logger'>[];
  /** The same parts in recorded form. */
  readonly parts: readonly PartRecord[];
  readonly library: PluginLibrary;
  /** Plugins that data may name: those the config or code uses or provides, and the built-in ones. */
  readonly known: readonly PluginFactory[];
  readonly given: GivenParts;
  readonly baseDirectory: string;
  readonly where: string;
  /** The run's engine, opened on the first call. */
  engine(): Promise<Engine>;
  /** Closes the engine if it was opened. */
  dispose(): Promise<void>;
}

export async function composeParts(config: RunConfig, options: ComposeOptions): Promise<Composition> {
  const { library, given, events, signal, baseDirectory, where } = options;
  const container = createRunContainer({ seed: config.seed, events, signal, baseDirectory });
  const part = <K extends PluginKind>(plugin: ConfiguredPlugin<K>, reference?: PluginReference): Part<K> =>
    partIn(container, plugin, packageOf(plugin, library.packages)?.name ?? (reference && nameOf(reference)));
  /** One that was chosen beforehand: from the package or file that the config names, unless it came from code or `auto`. */
  const chosen = <K extends 'backend' | 'cluster'>(plugin: ConfiguredPlugin<K>, reference: PluginReference): Part<K> =>
    part(plugin, given.plugins.includes(plugin) || nameOf(reference) === 'auto' ? undefined : reference);
  const single = async <K extends 'reader' | 'detector' | 'aligner' | 'model'>(
    kind: K,
    reference: PluginReference,
  ): Promise<Part<K>> => {
    const own = given.single(kind);
    return own ? part(own) : part(await library.load(kind, reference), reference);
  };
  const named = async <K extends NamedKind>(kind: K, reference: PluginReference): Promise<Part<K>> => {
    const own = given.named(kind, nameOf(reference));
    return own ? part(own) : part(await library.load(kind, reference), reference);
  };
  const all = <K extends NamedKind>(kind: K, references: readonly PluginReference[] = []): Promise<Part<K>[]> =>
    Promise.all(references.map((reference) => named(kind, reference)));

  const { modelOf, stageLosses, reader } = options;
  const ownModel = await single('model', config.model);
  const model = modelOf ? part(modelOfData(modelOf, [...factoriesOf([ownModel]), ...library.known])) : ownModel;
  const stages = await Promise.all(
    config.stages.map(async (stage, index) => {
      const own = stageLosses?.[index];
      return {
        loss: own ? part(given.use(own)) : await named('loss', stage.loss),
        optimiser: await named('optimiser', stage.optimiser),
        criteria: await all('criterion', stage.until.any),
      };
    }),
  );
  const parts = {
    reader: reader || given.single('reader') ? await single('reader', reader ?? config.reader) : undefined,
    detector: await single('detector', config.detector),
    aligner: await single('aligner', config.aligner),
    model,
    backend: chosen(options.backend.plugin, config.backend),
    ...(options.cluster && { cluster: chosen(options.cluster, config.cluster) }),
    stages,
    tiers: await Promise.all(config.tiers.map(({ augment }) => all('augmenter', augment))),
    loggers: [...(await all('logger', config.loggers)), ...given.unused('logger').map((plugin) => part(plugin))],
  };
  given.requireAllUsed(where);
  const anySize = await engineForAnySize(options.backend.plugin, library, pluginContext(container, 'probe'));
  const detectionBackend = anySize === options.backend.plugin ? parts.backend : part(anySize);
  const resolved = resolvedConfig(config, parts);
  return {
    ...parts,
    detectionBackend,
    container,
    config: resolved,
    stages: stages.map((stage, index) => ({ ...stage, config: resolved.stages[index] })),
    tiers: parts.tiers.map((augmenters, index) => ({ augmenters, rule: resolved.tiers[index] })),
    parts: recordOf(parts),
    library,
    known: [...factoriesOf([model, ...stages.map(({ loss }) => loss)]), ...library.known],
    given,
    baseDirectory,
    where,
    ...enginesOf(container, parts.backend, detectionBackend, options.backend.passedOver),
  };
}

const factoriesOf = (parts: readonly Part[]): PluginFactory[] => parts.flatMap(({ plugin }) => plugin.factory ?? []);

/** The model of a model card or checkpoint, with its recorded options. */
export const modelOfData = (
  { model: { name, options }, where }: ModelOfData,
  known: readonly PluginFactory[],
): ConfiguredPlugin<'model'> =>
  findPlugin('model', { ...(options as object), name } satisfies DataReference, { known, where });

const nameOf = (reference: PluginReference): string => plainReference(reference).name;

/**
 * The run's engine, opened and announced on first use, with the reason if a faster one could be had but does not work.
 * Parts get this engine for images of any size.
 */
function enginesOf(
  container: DependencyContainer,
  backend: Part<'backend'>,
  detectionBackend: Part<'backend'>,
  passedOver: readonly EngineRow[],
): Pick<Composition, 'engine' | 'dispose'> {
  const { emit } = container.resolve(EVENTS);
  const opened: Engine[] = [];
  const opening = (part: Part<'backend'>, purpose: string): (() => Promise<Engine>) => {
    let engine: Promise<Engine> | undefined;
    const open = async (): Promise<Engine> => {
      const made = await (await part.make()).open();
      opened.push(made);
      tellEngine(emit, made, { purpose, passedOver: part === backend ? passedOver : [] });
      return made;
    };
    return () => (engine ??= open());
  };
  const same = detectionBackend === backend;
  const engine = opening(backend, same ? 'detection, training and evaluation' : 'training and evaluation');
  container.register(ENGINE, { useFactory: same ? engine : opening(detectionBackend, 'detection') });
  return {
    engine,
    async dispose() {
      for (const each of opened.splice(0)) await each.dispose();
    },
  };
}
