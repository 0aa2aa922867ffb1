/**
 * Chooses the run's engine: the named one, or else the first with a GPU it is made for, or else the first in order that
 * works.
 */
import {
  ASSUMED_TRAITS,
  createRunContainer,
  FacewrightError,
  makePart,
  messageOf,
  plainReference,
  pluginContext,
  type Availability,
  type BackendTraits,
  type ConfiguredPlugin,
  type Emit,
  type Engine,
  type PluginContext,
  type PluginFactory,
  type PluginReference,
} from '@facewright/core';
import type { PluginLibrary } from './library.js';

/** A backend's traits, known before it is opened. */
export const traitsOf = async (plugin: ConfiguredPlugin<'backend'>): Promise<BackendTraits> =>
  (await plugin.create(pluginContext(createRunContainer(), 'traits'))).traits ?? ASSUMED_TRAITS;

export interface ChosenBackend {
  readonly plugin: ConfiguredPlugin<'backend'>;
  /** With `auto`: engines it would have preferred and that could be had here, but are not; the fastest first. */
  readonly passedOver: readonly EngineRow[];
}

export interface EngineRow extends Availability {
  readonly name: string;
  readonly description?: string;
}

/** Throws a `FacewrightError` if the named engine, or every engine, does not work here, with the reason and the fix. */
export async function chooseBackend(
  reference: PluginReference,
  library: PluginLibrary,
  context: PluginContext,
  where: string,
): Promise<ChosenBackend> {
  const { name, options } = plainReference(reference);
  if (name === 'auto') return chooseAny(options, library, context, where);
  const plugin = await library.load('backend', reference);
  requireUsable(name, await probe(plugin, context, name), where);
  return { plugin, passedOver: [] };
}

async function chooseAny(
  options: object,
  { known }: PluginLibrary,
  context: PluginContext,
  where: string,
): Promise<ChosenBackend> {
  const passedOver: Candidate[] = [];
  let chosen: Candidate | undefined;
  for (const factory of backendsOf(known)) {
    const candidate = { factory, row: await checkEngine(factory(), context) };
    if (candidate.row.accelerated) {
      chosen = candidate;
      break;
    }
    if (forAuto(candidate.row)) chosen ??= candidate;
    else if (!chosen) passedOver.push(candidate);
  }
  if (!chosen)
    throw new FacewrightError({
      what: `No engine works here (${passedOver.map(({ row: { name, reason } }) => `${name}: ${reason ?? 'emulated, so only by name'}`).join('; ')}).`,
      where,
      todo: 'Run "facewright doctor" to see how to fix this.',
    });
  const { factory, row } = chosen;
  const plugin = withOptions(factory, options, where);
  if (Object.keys(options).length) requireUsable(factory.meta.name, await probe(plugin, context), where);
  return { plugin, passedOver: await missed(row, passedOver) };
}

interface Candidate {
  readonly factory: PluginFactory<'backend'>;
  readonly row: EngineRow;
}

/**
 * The engine for images of many sizes: the chosen one, or, if that compiles for each size, the first other one that
 * works.
 */
export async function engineForAnySize(
  chosen: ConfiguredPlugin<'backend'>,
  { known }: PluginLibrary,
  context: PluginContext,
): Promise<ConfiguredPlugin<'backend'>> {
  if ((await traitsOf(chosen)).sizes !== 'fixed') return chosen;
  for (const factory of backendsOf(known)) {
    const plugin = factory();
    if ((await traitsOf(plugin)).sizes !== 'fixed' && forAuto(await checkEngine(plugin, context))) return plugin;
  }
  return chosen;
}

/**
 * A missing GPU is not worth mentioning. A GPU that is here but not used is; so is an engine for the CPU, which every
 * machine could have, unless a GPU is used.
 */
async function missed(chosen: EngineRow, passedOver: readonly Candidate[]): Promise<EngineRow[]> {
  const rows: EngineRow[] = [];
  for (const { factory, row } of passedOver) {
    const forCpu = (await traitsOf(factory())).speed === 'processor' && !chosen.accelerated;
    if (!row.usable && (forCpu || row.deviceFound)) rows.push(row);
  }
  return rows;
}

/** Options next to `auto` apply to the engine it chose. */
function withOptions(factory: PluginFactory<'backend'>, options: object, where: string): ConfiguredPlugin<'backend'> {
  const { name } = factory.meta;
  const plugin = factory(options, `backend "${name}", which "auto" chose, in ${where}`);
  const unknown = Object.keys(options).filter((key) => !(key in ((plugin.options ?? {}) as object)));
  if (unknown.length)
    throw new FacewrightError({
      what: `The engine "${name}", which "auto" chose, does not accept the options ${unknown.map((key) => `"${key}"`).join(', ')}.`,
      where,
      todo: 'Name the engine these options are for instead of "auto".',
    });
  return plugin;
}

/** Reports that an engine was opened, after a warning if a faster one is installed but does not work, with the reason. */
export function tellEngine(
  emit: Emit,
  { name, device }: Pick<Engine, 'name' | 'device'>,
  { purpose, passedOver }: Pick<ChosenBackend, 'passedOver'> & { readonly purpose: string },
): void {
  if (passedOver.length)
    emit('notice', {
      level: 'warning',
      message: `The engine is ${name}. ${passedOver.length > 1 ? 'Faster ones do' : 'A faster one does'} not work here: ${passedOver.map((row) => `${row.name} (${row.reason ?? 'no reason given'})`).join(', ')}.`,
      todo: passedOver[0].remedy,
    });
  emit('engine.opened', { name, device, purpose });
}

function requireUsable(name: string, { usable, reason, remedy }: Availability, where: string): void {
  if (usable) return;
  throw new FacewrightError({
    what: `The engine "${name}" does not work here: ${reason ?? 'no reason given'}.`,
    where,
    todo: remedy ?? 'Choose another one: "facewright doctor" lists them.',
  });
}

/** The engines among these plugins, in the order in which `auto` tries them. */
export const backendsOf = (known: readonly PluginFactory[]): PluginFactory<'backend'>[] =>
  known.filter(({ meta }) => meta.kind === 'backend') as unknown as PluginFactory<'backend'>[];

/** Whether `auto` may use it. An emulated device is slower than using the CPU directly. */
export const forAuto = ({ usable, emulated }: Availability): boolean => usable && !emulated;

/** `from`: as in `makePart`. */
async function probe(
  plugin: ConfiguredPlugin<'backend'>,
  context: PluginContext,
  from?: string,
): Promise<Availability> {
  return (await makePart(plugin, context, from)).probe();
}

/** Every engine and whether it works here, in the order in which `auto` tries them. */
export const listEngines = (context: PluginContext, known: readonly PluginFactory[]): Promise<EngineRow[]> =>
  Promise.all(backendsOf(known).map((factory) => checkEngine(factory(), context)));

/** Checks one engine with its options. A plugin that throws counts as not working. */
export async function checkEngine(plugin: ConfiguredPlugin<'backend'>, context: PluginContext): Promise<EngineRow> {
  const { name, description } = plugin.meta;
  return { name, description, ...(await probe(plugin, context).catch(notWorking)) };
}

/** What a list says of a plugin whose `probe` throws. */
export function notWorking(error: unknown): Availability {
  const reason = messageOf(error).split('\n')[0];
  return { usable: false, reason: `the plugin failed: ${reason}`, remedy: "Report this to the plugin's author." };
}

/** The one that `auto` picks. */
export const chosenByAuto = (engines: readonly EngineRow[]): EngineRow | undefined =>
  engines.find(({ accelerated }) => accelerated) ?? engines.find(forAuto);
