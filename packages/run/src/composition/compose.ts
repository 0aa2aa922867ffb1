/** From config to parts: every name is looked up and every option checked before any work, then each part is registered under its token. */
import { instanceCachingFactory, type DependencyContainer } from 'tsyringe';
import {
  createRunContainer,
  ENGINE,
  EVENTS,
  findPlugin,
  pluginContext,
  registerPlugin,
  BACKEND,
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
  type UserSpecifier,
} from '@facewright/core';
import { importPlugins, loadPlugin, type PluginSource } from '@facewright/platform/node';
import { partsOf, type Builtins } from './builtins.js';
import { readerFor } from '../data-source.js';
import { chooseBackend } from './engines.js';

export interface Scope {
  /** Parts known by name without being listed. */
  readonly builtins: Builtins;
  readonly events: EventStream;
  readonly signal: AbortSignal;
  readonly baseDirectory: string;
  /** The config file or the command line, for errors. */
  readonly where: string;
  /** Configured parts given in code: each takes the place of what the config says for its kind, losses and augmenters that of their name. */
  readonly plugins: readonly ConfiguredPlugin[];
  /** The model that a file of data names: it takes the place of the config's, and is never imported. */
  readonly modelOf?: ModelOfData;
}

export interface ModelOfData {
  readonly model: { readonly name: DataName; readonly options: unknown };
  /** The file. */
  readonly where: string;
}

/** The parts of a run as plugins with checked options, and the container that makes them. */
export interface Composition {
  readonly container: DependencyContainer;
  readonly config: RunConfig;
  readonly reader: ConfiguredPlugin<'reader'> | undefined;
  readonly model: ConfiguredPlugin<'model'>;
  readonly backend: ConfiguredPlugin<'backend'>;
  readonly stages: readonly {
    readonly loss: ConfiguredPlugin<'loss'>;
    readonly optimiser: ConfiguredPlugin<'optimiser'>;
    readonly criteria: readonly ConfiguredPlugin<'criterion'>[];
    readonly config: StageConfig;
  }[];
  readonly tiers: readonly { readonly rule: TierRule; readonly augmenters: readonly ConfiguredPlugin<'augmenter'>[] }[];
  readonly loggers: readonly ConfiguredPlugin<'logger'>[];
  /** Plugins that data may name: those that the config or code uses or brings, and the built-in ones. */
  readonly known: readonly PluginFactory[];
  /** The parts given in code. */
  readonly given: readonly ConfiguredPlugin[];
  readonly builtins: Builtins;
  readonly baseDirectory: string;
  readonly where: string;
  /** Closes the engine, if it was opened. */
  dispose(): Promise<void>;
}

/** Plugins known by name: those given in code, those that the config's packages and files bring, then the built-in ones. */
export async function pluginSource(
  names: readonly UserSpecifier[],
  {
    builtins,
    baseDirectory,
    where,
    plugins = [],
  }: Pick<Scope, 'builtins' | 'baseDirectory' | 'where'> & Partial<Pick<Scope, 'plugins'>>,
): Promise<PluginSource> {
  const brought: PluginFactory[] = [];
  for (const name of names) brought.push(...(await importPlugins(name, { baseDirectory, where })));
  return { known: [...factoriesOf(plugins), ...brought, ...partsOf(builtins)], baseDirectory, where };
}

/** The engine a config asks for, as a plugin that works here. */
export async function backendFor(config: RunConfig, scope: Scope): Promise<ConfiguredPlugin<'backend'>> {
  const given = givenPart(scope.plugins, 'backend');
  if (given) return given;
  const { plugin } = await chooseBackend(
    config.backend,
    await pluginSource(config.plugins, scope),
    pluginContext(createRunContainer(scope), 'probe'),
  );
  return plugin;
}

export async function compose(
  config: RunConfig,
  backend: ConfiguredPlugin<'backend'>,
  scope: Scope,
): Promise<Composition> {
  const source = await pluginSource(config.plugins, scope);
  const load = async <K extends PluginKind>(kind: K, reference: PluginReference): Promise<ConfiguredPlugin<K>> =>
    givenPart(scope.plugins, kind) ?? (await loadPlugin(kind, reference, source));
  const loadNamed = async <K extends 'loss' | 'augmenter' | 'optimiser' | 'criterion' | 'logger'>(
    kind: K,
    reference: PluginReference,
  ): Promise<ConfiguredPlugin<K>> =>
    givenPart(scope.plugins, kind, nameOf(reference)) ?? (await loadPlugin(kind, reference, source));

  const reader =
    config.data === undefined && !givenPart(scope.plugins, 'reader')
      ? undefined
      : await load('reader', readerFor(config.reader, config.data, scope.baseDirectory));
  const detector = await load('detector', config.detector);
  const aligner = await load('aligner', config.aligner);
  const ownModel = await load('model', config.model);
  const model = scope.modelOf ? modelOfData(scope.modelOf, [...factoriesOf([ownModel]), ...source.known]) : ownModel;
  const stages = await Promise.all(
    config.stages.map(async (stage) => ({
      loss: await loadNamed('loss', stage.loss),
      optimiser: await loadNamed('optimiser', stage.optimiser),
      criteria: await Promise.all((stage.until.any ?? []).map((reference) => loadNamed('criterion', reference))),
      config: stage,
    })),
  );
  const tiers = await Promise.all(
    config.tiers.map(async (rule) => ({
      rule,
      augmenters: await Promise.all(rule.augment.map((reference) => loadNamed('augmenter', reference))),
    })),
  );
  const loggers = await Promise.all(config.loggers.map((reference) => loadNamed('logger', reference)));

  const container = createRunContainer({
    seed: config.seed,
    events: scope.events,
    signal: scope.signal,
    baseDirectory: scope.baseDirectory,
  });
  for (const plugin of [reader, detector, aligner, model, backend])
    if (plugin) registerPlugin(container, plugin as ConfiguredPlugin);
  for (const { loss, optimiser, criteria } of stages) {
    registerPlugin(container, loss);
    registerPlugin(container, optimiser);
    for (const criterion of criteria) registerPlugin(container, criterion);
  }
  for (const logger of loggers) registerPlugin(container, logger);
  for (const { augmenters } of tiers) for (const augmenter of augmenters) registerPlugin(container, augmenter);
  return {
    container,
    config,
    reader,
    model,
    backend,
    stages,
    tiers,
    loggers,
    known: [...factoriesOf([model, ...stages.map(({ loss }) => loss)]), ...source.known],
    given: scope.plugins,
    builtins: scope.builtins,
    baseDirectory: scope.baseDirectory,
    where: scope.where,
    dispose: openEngineOnce(container),
  };
}

const factoriesOf = (plugins: readonly ConfiguredPlugin[]): PluginFactory[] =>
  plugins.flatMap(({ factory }) => factory ?? []);

/** The model that a card or a checkpoint is of, with the options it was made with. */
export const modelOfData = (
  { model, where }: ModelOfData,
  known: readonly PluginFactory[],
): ConfiguredPlugin<'model'> => findPlugin('model', referenceOf(model), { known, where });

const referenceOf = ({ name, options }: ModelOfData['model']): DataReference => ({ ...(options as object), name });

/** The part of this kind given in code; the last one, as a newer registration takes the place of an older one. */
export function givenPart<K extends PluginKind>(
  plugins: readonly ConfiguredPlugin[],
  kind: K,
  name?: string,
): ConfiguredPlugin<K> | undefined {
  return plugins.findLast(
    (plugin) => plugin.meta.kind === kind && (name === undefined || plugin.meta.name === name),
  ) as ConfiguredPlugin<K> | undefined;
}

export const nameOf = (reference: PluginReference): string =>
  typeof reference === 'object' ? reference.name : reference;

/** The run's engine: opened and told of when something first asks for it. Gives the function that closes it. */
function openEngineOnce(container: DependencyContainer): () => Promise<void> {
  let opened: Engine | undefined;
  container.register(ENGINE, {
    useFactory: instanceCachingFactory(async (scope) => {
      opened = await (await scope.resolve(BACKEND)).open();
      scope.resolve(EVENTS).emit('engine.opened', {
        name: opened.name,
        device: opened.device,
        purpose: 'detection, training and evaluation',
      });
      return opened;
    }),
  });
  return async () => opened?.dispose();
}
