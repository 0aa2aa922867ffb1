/**
 * What a run is made of, for its record: every part with its options, wherever they came from; and the differences to
 * another start.
 */
import { fromUser, type PluginKind, type PluginReference, type RunConfig } from '@facewright/core';
import type { Part } from './part.js';

/** A part as stored in `run.json`. */
export interface PartRecord {
  /** Its place in the config, e.g. `stages.1.loss`. */
  readonly use: string;
  readonly kind: PluginKind;
  readonly name: string;
  readonly version: string;
  /** The package or file that provides it; missing for a part given in code that no known package provides. */
  readonly package?: string;
  /** Validated, with defaults. */
  readonly options: unknown;
}

/** The parts of a run by their places. */
export interface PlacedParts {
  readonly reader?: Part<'reader'>;
  readonly detector: Part<'detector'>;
  readonly aligner: Part<'aligner'>;
  readonly model: Part<'model'>;
  readonly backend: Part<'backend'>;
  readonly cluster?: Part<'cluster'>;
  readonly stages: readonly {
    readonly loss: Part<'loss'>;
    readonly optimiser: Part<'optimiser'>;
    readonly criteria: readonly Part<'criterion'>[];
  }[];
  /** The augmenters of each tier. */
  readonly tiers: readonly (readonly Part<'augmenter'>[])[];
  readonly loggers: readonly Part<'logger'>[];
}

/** The part as a config would name it, with all its options. */
const referenceTo = ({ name, plugin: { options } }: Part): PluginReference =>
  fromUser({ ...(options as object | undefined), name });

/** The config with every part resolved. */
export function resolvedConfig(config: RunConfig, parts: PlacedParts): RunConfig {
  const { reader, detector, aligner, model, backend, cluster, stages, tiers, loggers } = parts;
  return {
    ...config,
    reader: reader ? readerReference(config.reader, reader) : config.reader,
    detector: referenceTo(detector),
    aligner: referenceTo(aligner),
    model: referenceTo(model),
    backend: referenceTo(backend),
    cluster: cluster ? referenceTo(cluster) : config.cluster,
    stages: config.stages.map((stage, index) => {
      const { loss, optimiser, criteria } = stages[index];
      return {
        ...stage,
        loss: referenceTo(loss),
        optimiser: referenceTo(optimiser),
        until: { ...stage.until, ...(criteria.length && { any: criteria.map(referenceTo) }) },
      };
    }),
    tiers: config.tiers.map((rule, index) => ({ ...rule, augment: tiers[index].map(referenceTo) })),
    loggers: loggers.map(referenceTo),
  };
}

/** Without the path from `data`: a recipe is the same wherever the data is. */
function readerReference(asked: PluginReference, { name, plugin }: Part<'reader'>): PluginReference {
  const { path, ...rest } = (plugin.options ?? {}) as { path?: unknown };
  const named = typeof asked === 'object' && 'path' in asked;
  return fromUser({ ...rest, ...(named && { path }), name });
}

export function recordOf(parts: PlacedParts): PartRecord[] {
  const { stages, tiers, loggers, ...single } = parts;
  const record = (use: string, { name, plugin, package: from }: Part): PartRecord => ({
    use,
    kind: plugin.meta.kind,
    name,
    version: plugin.meta.version,
    ...(from !== undefined && { package: from }),
    options: plugin.options,
  });
  const list = (use: string, listed: readonly Part[]): PartRecord[] =>
    listed.map((part, index) => record(`${use}.${index}`, part));
  return [
    ...Object.entries(single).flatMap(([use, part]) => (part ? record(use, part as Part) : [])),
    ...tiers.flatMap((augmenters, index) => list(`tiers.${index}.augment`, augmenters)),
    ...stages.flatMap(({ loss, optimiser, criteria }, index) => [
      record(`stages.${index}.loss`, loss),
      record(`stages.${index}.optimiser`, optimiser),
      ...list(`stages.${index}.until.any`, criteria),
    ]),
    ...list('loggers', loggers),
  ];
}

/** Every value that differs, with its path: `stages.1.loss.m: 0.5 then, 0.9 now`. */
export function differences(before: unknown, now: unknown, path = ''): string[] {
  if (isObject(before) && isObject(now)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(now)])];
    return keys.flatMap((key) => differences(before[key], now[key], path ? `${path}.${key}` : key));
  }
  // anything that JSON drops is ignored
  const [one, other] = [before, now].map((value) => JSON.stringify(value));
  return one === other ? [] : [`${path}: ${shown(one)} then, ${shown(other)} now`];
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const LONGEST = 60;
function shown(json: string | undefined): string {
  if (json === undefined) return 'nothing';
  return json.length > LONGEST ? `${json.slice(0, LONGEST)} …` : json;
}
