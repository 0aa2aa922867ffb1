/** Defines how a part is published, configured and created. The default export of a plugin package is the result of `definePlugin`. */
import type { z } from 'zod';
import type { Aligner } from '../contracts/aligner.js';
import type { Augmenter } from '../contracts/augmenter.js';
import type { Backend, Engine } from '../contracts/backend.js';
import type { ClusterProvider } from '../contracts/cluster.js';
import type { Criterion } from '../contracts/criterion.js';
import type { Detector } from '../contracts/detector.js';
import type { Emit } from '../values/events.js';
import type { Logger } from '../contracts/logger.js';
import type { Loss } from '../contracts/loss.js';
import type { Model } from '../contracts/model.js';
import type { Optimiser } from '../contracts/optimiser.js';
import type { Random } from '../random.js';
import type { Reader } from '../contracts/reader.js';
import { FacewrightError } from '../values/errors.js';
import { instanceOf, type PartClass } from './part-class.js';
import { parseOptions } from './schema.js';

/** Version of these contracts. A plugin made for another version is rejected with a clear message. */
export const API_VERSION = 1;

export interface Contracts {
  reader: Reader;
  detector: Detector;
  aligner: Aligner;
  augmenter: Augmenter;
  model: Model;
  loss: Loss;
  optimiser: Optimiser;
  criterion: Criterion;
  backend: Backend;
  logger: Logger;
  cluster: ClusterProvider;
}
export type PluginKind = keyof Contracts;
export const PLUGIN_KINDS = [
  'reader',
  'detector',
  'aligner',
  'augmenter',
  'model',
  'loss',
  'optimiser',
  'criterion',
  'backend',
  'logger',
  'cluster',
] as const satisfies readonly PluginKind[];

export interface PluginMeta<K extends PluginKind = PluginKind> {
  /** The name used in configs: lower-case letters, digits and `-`. */
  readonly name: string;
  readonly kind: K;
  readonly version: string;
  readonly apiVersion: typeof API_VERSION;
  /** One line for lists and docs. */
  readonly description?: string;
}

/** What a part may use of its run. */
export interface PluginContext {
  /** The part's own random stream. */
  readonly random: Random;
  readonly emit: Emit;
  /** Aborted on Ctrl-C: long work then stops after the current unit. */
  readonly signal: AbortSignal;
  /** The run's engine. Opened on first use. */
  engine(): Promise<Engine>;
  /**
   * Relative paths in options are resolved against this: the config file's directory, or else the working directory.
   */
  readonly baseDirectory: string;
}

interface Described<K extends PluginKind, Schema extends z.ZodType> {
  readonly meta: PluginMeta<K>;
  /** Describes the options and their defaults. Use `z.strictObject`, so that an unknown key is an error. */
  readonly options: Schema;
}

/** A plugin whose part is created by a function of its options and context. */
export interface FunctionPlugin<
  K extends PluginKind = PluginKind,
  Schema extends z.ZodType = z.ZodType,
> extends Described<K, Schema> {
  create(options: z.output<Schema>, context: PluginContext): Contracts[K] | Promise<Contracts[K]>;
}

/**
 * A plugin whose part is an instance of a class. Its constructor asks for what it needs: `@inject(OPTIONS)`, `@inject(RANDOM)`, `@inject(ENGINE)`,
 * `@inject(EMIT)`, `@inject(SIGNAL)`, `@inject(BASE_DIRECTORY)`. Asking for the engine opens it.
 */
export interface ClassPlugin<K extends PluginKind = PluginKind, Schema extends z.ZodType = z.ZodType> extends Described<
  K,
  Schema
> {
  readonly useClass: PartClass<Contracts[K]>;
}

export type PluginDefinition<K extends PluginKind = PluginKind, Schema extends z.ZodType = z.ZodType> =
  FunctionPlugin<K, Schema> | ClassPlugin<K, Schema>;

/** A plugin with validated options, used to compose pipelines in code. */
export interface ConfiguredPlugin<K extends PluginKind = PluginKind> {
  readonly meta: PluginMeta<K>;
  /** Validated options with defaults filled in; recorded with the run. */
  readonly options: unknown;
  /** The plugin it was configured from. Data that names this plugin gets it with the data's options. */
  readonly factory?: PluginFactory<K>;
  create(context: PluginContext): Promise<Contracts[K]>;
}

/** `arcFace({ m: 0.4 })` returns a configured plugin; `arcFace.meta` and `arcFace.options` describe it. */
export interface PluginFactory<
  K extends PluginKind = PluginKind,
  Schema extends z.ZodType = z.ZodType,
> extends FunctionPlugin<K, Schema> {
  (options?: z.input<Schema>, where?: string): ConfiguredPlugin<K>;
}

/** Throws a `FacewrightError` for an invalid definition: a wrong name, kind or options schema. */
export function definePlugin<K extends PluginKind, Schema extends z.ZodType>(
  definition: PluginDefinition<K, Schema>,
): PluginFactory<K, Schema> {
  requireSound(definition);
  const { meta, options: schema } = definition;
  const create = 'useClass' in definition ? fromClass<K, Schema>(definition.useClass) : definition.create;
  const configure = (
    options?: z.input<Schema>,
    where = `options of ${meta.kind} "${meta.name}"`,
  ): ConfiguredPlugin<K> => {
    const checked = parseOptions(schema, options ?? {}, where);
    return { meta, options: checked, factory, create: async (context) => create(checked, context) };
  };
  const factory: PluginFactory<K, Schema> = Object.assign(configure, { meta, options: schema, create });
  return factory;
}

const fromClass =
  <K extends PluginKind, Schema extends z.ZodType>(
    useClass: PartClass<Contracts[K]>,
  ): FunctionPlugin<K, Schema>['create'] =>
  (options, context) =>
    instanceOf(useClass, options, context);

const NAME = /^[a-z0-9]+(-[a-z0-9]+)*$/;

function requireSound(definition: Partial<FunctionPlugin> & Partial<ClassPlugin>): void {
  const { meta, options, create, useClass } = definition;
  const wrong = (what: string, todo: string): never => {
    throw new FacewrightError({ what, where: `definePlugin, plugin "${String(meta?.name)}"`, todo });
  };
  if (typeof meta?.name !== 'string' || !NAME.test(meta.name))
    wrong('The name of a plugin is lower case letters, digits and single hyphens.', 'Rename it, e.g. "my-loss".');
  if (!PLUGIN_KINDS.includes(meta!.kind))
    wrong(`There is no kind of plugin "${String(meta!.kind)}".`, `Use one of ${PLUGIN_KINDS.join(', ')}.`);
  if (typeof meta!.version !== 'string') wrong('The plugin has no version.', 'Add meta.version, e.g. "1.0.0".');
  if (typeof options?.safeParse !== 'function')
    wrong(
      'A plugin must describe its options with a zod schema.',
      'Use z.strictObject({ … }), or z.strictObject({}) if it has no options.',
    );
  if (!('_zod' in options!))
    wrong(
      'The plugin describes its options with a zod 3 schema, which facewright does not support.',
      'Use zod 4: npm install zod@4, or import { z } from "zod/v4" if you have zod 3.25.',
    );
  if ((typeof create === 'function') === (typeof useClass === 'function'))
    wrong('A plugin has either a "create" function or a "useClass".', 'Give one of the two.');
}

/** Throws a `FacewrightError` for a plugin made for another API version. `where` says who names it. */
export function requireApiVersion({ meta }: { readonly meta: PluginMeta }, where?: string): void {
  if (meta.apiVersion === API_VERSION) return;
  throw new FacewrightError({
    what: `The plugin "${meta.name}" was built for version ${String(meta.apiVersion)} of the plugin API; this is version ${API_VERSION}.`,
    where,
    todo: `Install a version of the plugin that supports apiVersion ${API_VERSION} of @facewright/core.`,
  });
}

/**
 * Whether a value is a plugin, optionally of a given kind. Checks the structure, so it works across copies of this
 * package.
 */
export function isPlugin<K extends PluginKind>(value: unknown, kind?: K): value is PluginFactory<K> {
  if (typeof value !== 'function') return false;
  const plugin = value as unknown as Partial<PluginFactory>;
  return (
    typeof plugin.create === 'function' && typeof plugin.meta?.name === 'string' && (!kind || plugin.meta.kind === kind)
  );
}
