/** What a run was made of, for its record: every part with the options it had, whatever way they came; and what another start has otherwise. */
import { fromUser, type PluginKind, type PluginReference, type RunConfig } from '@facewright/core';
import type { Part } from './part.js';

/** A part as `run.json` holds it. */
export interface PartRecord {
  /** The place in the config that it takes, e.g. `stages.1.loss`. */
  readonly use: string;
  readonly kind: PluginKind;
  readonly name: string;
  readonly version: string;
  /** The package or file that brings it; missing for a part that code gives and no known package brings. */
  readonly package?: string;
  /** Checked, with defaults. */
  readonly options: unknown;
}

/** The parts of a run by the places they take. */
export interface PlacedParts {
  readonly reader?: Part<'reader'>;
  readonly detector: Part<'detector'>;
  readonly aligner: Part<'aligner'>;
  readonly model: Part<'model'>;
  readonly backend: Part<'backend'>;
  readonly stages: readonly {
    readonly loss: Part<'loss'>;
    readonly optimiser: Part<'optimiser'>;
    readonly criteria: readonly Part<'criterion'>[];
  }[];
  /** Augmenters of each tier. */
  readonly tiers: readonly (readonly Part<'augmenter'>[])[];
  readonly loggers: readonly Part<'logger'>[];
}

/** The part as a config would name it, with all of its options. */
const referenceTo = ({ name, plugin: { options } }: Part): PluginReference =>
  fromUser({ ...(options as object | undefined), name });

/** The config with every part as it was resolved. */
export function resolvedConfig(config: RunConfig, parts: PlacedParts): RunConfig {
  const { reader, detector, aligner, model, backend, stages, tiers, loggers } = parts;
  return {
    ...config,
    reader: reader ? readerReference(config.reader, reader) : config.reader,
    detector: referenceTo(detector),
    aligner: referenceTo(aligner),
    model: referenceTo(model),
    backend: referenceTo(backend),
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

/** Without the path that it has from `data`: a recipe is the same wherever the data lies. */
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

/** Every value that differs, by its path: `stages.1.loss.m: 0.5 then, 0.9 now`. */
export function differences(before: unknown, now: unknown, path = ''): string[] {
  if (isObject(before) && isObject(now)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(now)])];
    return keys.flatMap((key) => differences(before[key], now[key], path ? `${path}.${key}` : key));
  }
  // what JSON does not keep does not count
  const [one, other] = [before, now].map((value) => JSON.stringify(value));
  return one === other ? [] : [`${path}: ${shown(one)} then, ${shown(other)} now`];
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const LONGEST = 60;
function shown(json: string | undefined): string {
  if (json === undefined) return 'nothing';
  return json.length > LONGEST ? `${json.slice(0, LONGEST)} …` : json;
}
