/** How a part is published, configured and made. A plugin package's default export is what `definePlugin` returns. */
import type { z } from 'zod';
import type { Aligner } from '../contracts/aligner.js';
import type { Augmenter } from '../contracts/augmenter.js';
import type { Backend, Engine } from '../contracts/backend.js';
import type { Criterion } from '../contracts/criterion.js';
import type { Detector } from '../contracts/detector.js';
import type { Emit } from '../values/events.js';
import type { Logger } from '../contracts/logger.js';
import type { Loss } from '../contracts/loss.js';
import type { Model } from '../contracts/model.js';
import type { Optimiser } from '../contracts/optimiser.js';
import type { Random } from '../random.js';
import type { Reader } from '../contracts/reader.js';
import { parseOptions } from './schema.js';

/** The version of these contracts; a plugin made for another one is refused with a clear message. */
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
] as const satisfies readonly PluginKind[];

export interface PluginMeta<K extends PluginKind = PluginKind> {
  /** The name used in config: lower case letters, digits and `-`. */
  readonly name: string;
  readonly kind: K;
  readonly version: string;
  readonly apiVersion: typeof API_VERSION;
  /** One line for lists and docs. */
  readonly description?: string;
}

/** What a part may use of the run it is made for. */
export interface PluginContext {
  /** A stream of its own. */
  readonly random: Random;
  readonly emit: Emit;
  /** Set on Ctrl-C: long work stops at the next whole unit. */
  readonly signal: AbortSignal;
  /** The run's engine, opened on first use. */
  engine(): Promise<Engine>;
  /** Relative paths in options are relative to this: the config file's directory, else the working directory. */
  readonly baseDirectory: string;
}

export interface PluginDefinition<K extends PluginKind = PluginKind, Schema extends z.ZodType = z.ZodType> {
  readonly meta: PluginMeta<K>;
  /** Describes the options, with defaults; use `z.strictObject` so that a wrong key is an error. */
  readonly options: Schema;
  create(options: z.output<Schema>, context: PluginContext): Contracts[K] | Promise<Contracts[K]>;
}

/** A plugin together with its checked options: what a pipeline in code is made of. */
export interface ConfiguredPlugin<K extends PluginKind = PluginKind> {
  readonly meta: PluginMeta<K>;
  /** The checked options, defaults filled in: recorded with the run. */
  readonly options: unknown;
  /** What it was configured from; data that names this plugin gets it with the options that the data say. */
  readonly factory?: PluginFactory<K>;
  create(context: PluginContext): Promise<Contracts[K]>;
}

/** `arcFace({ m: 0.4 })` gives a configured plugin; `arcFace.meta` and `arcFace.options` describe it. */
export interface PluginFactory<
  K extends PluginKind = PluginKind,
  Schema extends z.ZodType = z.ZodType,
> extends PluginDefinition<K, Schema> {
  (options?: z.input<Schema>, where?: string): ConfiguredPlugin<K>;
}

export function definePlugin<K extends PluginKind, Schema extends z.ZodType>(
  definition: PluginDefinition<K, Schema>,
): PluginFactory<K, Schema> {
  const configure = (
    options?: z.input<Schema>,
    where = `options of ${definition.meta.kind} "${definition.meta.name}"`,
  ): ConfiguredPlugin<K> => {
    const checked = parseOptions(definition.options, options ?? {}, where);
    return {
      meta: definition.meta,
      options: checked,
      factory,
      create: async (context) => definition.create(checked, context),
    };
  };
  const factory: PluginFactory<K, Schema> = Object.assign(configure, definition);
  return factory;
}

/** Whether a value is a plugin, of this kind where one is given. Structural: two copies of this package understand each other. */
export function isPlugin<K extends PluginKind>(value: unknown, kind?: K): value is PluginFactory<K> {
  if (typeof value !== 'function') return false;
  const plugin = value as unknown as Partial<PluginFactory>;
  return (
    typeof plugin.create === 'function' && typeof plugin.meta?.name === 'string' && (!kind || plugin.meta.kind === kind)
  );
}
