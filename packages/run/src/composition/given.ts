/**
 * Parts given in code in addition to the config: each must be used, none may be given twice, and none may have options
 * in two places.
 */
import {
  FacewrightError,
  plainReference,
  PLUGIN_KINDS,
  requireApiVersion,
  type ConfiguredPlugin,
  type PluginKind,
  type PluginReference,
  type PluginReferenceInput,
  type RunConfigInput,
} from '@facewright/core';

/** A run has one part of each of these kinds, and as many of the others as the config names. */
const SINGLE = [
  'reader',
  'detector',
  'aligner',
  'model',
  'backend',
  'cluster',
] as const satisfies readonly PluginKind[];
type SingleKind = (typeof SINGLE)[number];
export type NamedKind = Exclude<PluginKind, SingleKind>;

const isSingle = (kind: PluginKind): kind is SingleKind => (SINGLE as readonly PluginKind[]).includes(kind);
const IN_CODE = 'the plugins given in code';

/** What the config must contain for a part of a kind to be used. */
const NAMED_IN: Readonly<Record<NamedKind, string>> = {
  loss: '"loss" of a stage',
  optimiser: '"optimiser" of a stage',
  criterion: '"until.any" of a stage',
  augmenter: '"augment" of a tier',
  logger: '"loggers"',
};

export class GivenParts {
  private readonly used = new Set<ConfiguredPlugin>();

  /**
   * Throws a `FacewrightError` for a value that is not a configured plugin, for one made for another API version, and
   * for duplicates of a kind of which a run has one.
   */
  constructor(readonly plugins: readonly ConfiguredPlugin[]) {
    plugins.forEach(requirePlugin);
    for (const kind of SINGLE) {
      const own = plugins.filter(({ meta }) => meta.kind === kind);
      if (own.length > 1)
        throw new FacewrightError({
          what: `A run has one ${kind}, but ${own.length} were given in code: ${own.map(({ meta }) => `"${meta.name}"`).join(', ')}.`,
          where: IN_CODE,
          todo: 'Give only one of them.',
        });
    }
  }

  /** The part of a kind of which a run has one. */
  single<K extends SingleKind>(kind: K): ConfiguredPlugin<K> | undefined {
    return this.use(this.plugins.find(({ meta }) => meta.kind === kind)) as ConfiguredPlugin<K> | undefined;
  }

  /** The part that the config refers to by name. */
  named<K extends NamedKind>(kind: K, name: string): ConfiguredPlugin<K> | undefined {
    const own = this.plugins.filter(({ meta }) => meta.kind === kind && meta.name === name);
    if (own.length > 1)
      throw new FacewrightError({
        what: `${own.length} parts of kind ${kind} given in code are named "${name}", so the config's name is ambiguous.`,
        where: IN_CODE,
        todo: 'Give only one of them, or leave "stages" out of the config: each loss given in code then makes its own stage.',
      });
    return this.use(own[0]) as ConfiguredPlugin<K> | undefined;
  }

  /** Unused parts of a kind. */
  unused<K extends NamedKind>(kind: K): ConfiguredPlugin<K>[] {
    const own = this.plugins.filter((plugin) => plugin.meta.kind === kind && !this.used.has(plugin));
    return own.map((plugin) => this.use(plugin)) as ConfiguredPlugin<K>[];
  }

  /** Marks a part that the caller assigns itself as used. */
  use<P extends ConfiguredPlugin | undefined>(plugin: P): P {
    if (plugin) this.used.add(plugin);
    return plugin;
  }

  /** Throws a `FacewrightError` that names the first unused part. */
  requireAllUsed(where: string): void {
    const idle = this.plugins.find((plugin) => !this.used.has(plugin) && !isSingle(plugin.meta.kind));
    if (!idle) return;
    const { kind, name } = idle.meta;
    throw new FacewrightError({
      what: `The ${kind} "${name}" was given in code, but nothing uses it.`,
      where,
      todo: `Name it in ${NAMED_IN[kind as NamedKind]}, or remove it from "plugins".`,
    });
  }

  /** Throws a `FacewrightError` that names both sources if the user's config and the parts in code conflict. */
  requireOneSource(config: RunConfigInput, where: string): void {
    for (const { meta } of this.plugins) {
      for (const [path, reference] of references(config, meta.kind)) {
        const { name, options } = plainReference(reference as PluginReference);
        const both = `the ${meta.kind} "${meta.name}" is given in code`;
        if (name !== meta.name && isSingle(meta.kind) && name !== 'auto')
          throw new FacewrightError({
            what: `"${path}" names the ${meta.kind} "${name}", but ${both}.`,
            where,
            todo: `Remove "${path}" from the config, or the part from "plugins".`,
          });
        if (name === meta.name && Object.keys(options).length)
          throw new FacewrightError({
            what: `"${path}" has options (${Object.keys(options).join(', ')}), but ${both} with its own.`,
            where,
            todo: `Give the options in only one place: with "${path}": "${name}", those in code are used.`,
          });
      }
    }
  }
}

function requirePlugin(value: ConfiguredPlugin): void {
  const meta = (value as Partial<ConfiguredPlugin> | undefined)?.meta;
  if (typeof value === 'function')
    throw new FacewrightError({
      what: `"${meta?.name ?? 'a function'}" is a plugin that has not been configured.`,
      where: IN_CODE,
      todo: 'Call it, with options if needed: arcFace() or arcFace({ m: 0.4 }).',
    });
  if (typeof meta?.name !== 'string' || typeof value.create !== 'function' || !PLUGIN_KINDS.includes(meta.kind))
    throw new FacewrightError({
      what: 'One of the values is not a configured plugin.',
      where: IN_CODE,
      todo: 'Pass what a plugin returns when called, e.g. arcFace({ m: 0.4 }).',
    });
  requireApiVersion({ meta }, IN_CODE);
}

/** References to parts of a kind in a config, by path. */
function references(config: RunConfigInput, kind: PluginKind): [path: string, PluginReferenceInput][] {
  const { stages = [], tiers = [] } = config;
  const listed = (path: string, list: readonly PluginReferenceInput[] | undefined): [string, PluginReferenceInput][] =>
    (list ?? []).map((reference, index) => [`${path}.${index}`, reference]);
  const one = (path: string, reference: PluginReferenceInput | undefined): [string, PluginReferenceInput][] =>
    reference === undefined ? [] : [[path, reference]];
  switch (kind) {
    case 'loss':
      return stages.flatMap(({ loss }, index) => one(`stages.${index}.loss`, loss));
    case 'optimiser':
      return stages.flatMap(({ optimiser }, index) => one(`stages.${index}.optimiser`, optimiser));
    case 'criterion':
      return stages.flatMap(({ until }, index) => listed(`stages.${index}.until.any`, until.any));
    case 'augmenter':
      return tiers.flatMap(({ augment }, index) => listed(`tiers.${index}.augment`, augment));
    case 'logger':
      return listed('loggers', config.loggers);
    default:
      return one(kind, config[kind]);
  }
}
