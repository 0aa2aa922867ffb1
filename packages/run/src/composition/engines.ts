/** Which engine a run computes on: the one that is named, else the first that has a GPU to itself, else the first in order that works here. */
import {
  FacewrightError,
  isPlugin,
  type Availability,
  type ConfiguredPlugin,
  type PluginContext,
  type PluginFactory,
  type PluginReference,
} from '@facewright/core';
import { loadPlugin, type PluginSource } from '@facewright/platform/node';

export interface ChosenBackend {
  readonly plugin: ConfiguredPlugin<'backend'>;
  readonly availability: Availability;
}

/** Throws a `FacewrightError` where the named engine, or every engine, does not work here; it says why and what mends it. */
export async function chooseBackend(
  reference: PluginReference,
  source: PluginSource,
  context: PluginContext,
): Promise<ChosenBackend> {
  const name = typeof reference === 'object' ? reference.name : reference;
  if (name !== 'auto') {
    const plugin = await loadPlugin('backend', reference, source);
    const availability = await probe(plugin, context);
    if (availability.usable) return { plugin, availability };
    throw new FacewrightError({
      what: `The engine "${name}" does not work here: ${availability.reason ?? 'no reason given'}.`,
      where: source.where,
      todo: availability.remedy ?? 'Choose another one: "facewright doctor" lists them.',
    });
  }
  const reasons: string[] = [];
  let chosen: ChosenBackend | undefined;
  for (const factory of backendsOf(source.known)) {
    const plugin = factory();
    const availability = await probe(plugin, context);
    if (availability.accelerated) return { plugin, availability };
    if (forAuto(availability)) chosen ??= { plugin, availability };
    else reasons.push(`${plugin.meta.name}: ${availability.reason ?? 'emulated, so only by name'}`);
  }
  if (chosen) return chosen;
  throw new FacewrightError({
    what: `No engine works here (${reasons.join('; ')}).`,
    where: source.where,
    todo: '"facewright doctor" says what mends it.',
  });
}

/** The engines among these plugins, in the order in which `auto` tries them. */
export const backendsOf = (known: readonly PluginFactory[]): PluginFactory<'backend'>[] =>
  known.filter((plugin) => isPlugin(plugin, 'backend')) as unknown as PluginFactory<'backend'>[];

/** Whether `auto` may take it: an emulated device is slower than the processor used as it is. */
export const forAuto = ({ usable, emulated }: Availability): boolean => usable && !emulated;

export async function probe(plugin: ConfiguredPlugin<'backend'>, context: PluginContext): Promise<Availability> {
  return (await plugin.create(context)).probe();
}

export interface EngineRow extends Availability {
  readonly name: string;
  readonly description?: string;
}

/** Every engine and whether it works here, in the order in which `auto` tries them. */
export async function listEngines(context: PluginContext, known: readonly PluginFactory[]): Promise<EngineRow[]> {
  return Promise.all(
    backendsOf(known).map(async (factory) => ({
      name: factory.meta.name,
      description: factory.meta.description,
      ...(await probe(factory(), context)),
    })),
  );
}
