/** One tsyringe child container per run keeps runs in the same process apart. */
import './reflect.js';
import { container as root, instanceCachingFactory, type DependencyContainer } from 'tsyringe';
import { createEventStream, type EventStream } from '../values/events.js';
import { makePart } from './make-part.js';
import { requireApiVersion, type ConfiguredPlugin, type PluginContext, type PluginKind } from './plugin.js';
import { createRandom } from '../random.js';
import { BACKEND, BASE_DIRECTORY, ENGINE, EVENTS, RANDOM, SIGNAL, TOKENS } from './tokens.js';

export interface RunScope {
  readonly seed?: number | string;
  readonly events?: EventStream;
  readonly signal?: AbortSignal;
  readonly baseDirectory?: string;
}

/** A container with the run's own services. The engine is opened on first use. */
export function createRunContainer({
  seed = 0,
  events = createEventStream(),
  signal = new AbortController().signal,
  baseDirectory = '.',
}: RunScope = {}): DependencyContainer {
  const container = root.createChildContainer();
  container.register(EVENTS, { useValue: events });
  container.register(RANDOM, { useValue: createRandom(seed) });
  container.register(SIGNAL, { useValue: signal });
  container.register(BASE_DIRECTORY, { useValue: baseDirectory });
  container.register(ENGINE, {
    useFactory: instanceCachingFactory(async (scope) => (await scope.resolve(BACKEND)).open()),
  });
  return container;
}

/** What a part of this container may use. `purpose` names its random stream. */
export function pluginContext(container: DependencyContainer, purpose: string): PluginContext {
  return {
    random: container.resolve(RANDOM).fork(purpose),
    emit: container.resolve(EVENTS).emit,
    signal: container.resolve(SIGNAL),
    engine: () => container.resolve(ENGINE),
    baseDirectory: container.resolve(BASE_DIRECTORY),
  };
}

/**
 * Registers a plugin under its kind's token. Throws if it was made for another API version. If a kind is registered
 * twice, the newer part wins; `resolveAll` returns all of them (augmenters, losses).
 */
export function registerPlugin<K extends PluginKind>(
  container: DependencyContainer,
  plugin: ConfiguredPlugin<K>,
): void {
  requireApiVersion(plugin, 'the parts of the run');
  const { kind, name } = plugin.meta;
  container.register(TOKENS[kind], {
    useFactory: instanceCachingFactory(() => makePart(plugin, pluginContext(container, `${kind}/${name}`))),
  });
}
