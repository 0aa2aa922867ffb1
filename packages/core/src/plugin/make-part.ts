/** Creates a part from a plugin and wraps it, so that missing members and errors inside it name the plugin. */
import type { Engine, Executable } from '../contracts/backend.js';
import type { Cluster } from '../contracts/cluster.js';
import type { OpenLogger } from '../contracts/logger.js';
import { FacewrightError, messageOf } from '../values/errors.js';
import type { ConfiguredPlugin, Contracts, PluginContext, PluginKind } from './plugin.js';

/** The plugin that caused an error. */
export interface PluginAtFault {
  readonly kind: PluginKind;
  readonly name: string;
  /** The package or file that provides the plugin, if known. */
  readonly package?: string;
}

/** Members that a part of each kind must have. */
const REQUIRED: { readonly [K in PluginKind]: readonly (keyof Contracts[K] & string)[] } = {
  reader: ['identities'],
  detector: ['detect'],
  aligner: ['fingerprint', 'size', 'align'],
  augmenter: ['augment'],
  model: ['inputSize', 'embeddingSize', 'init', 'apply'],
  loss: ['init', 'apply'],
  optimiser: ['init', 'update'],
  criterion: ['begin', 'observe', 'verdict'],
  backend: ['probe', 'open'],
  logger: ['open'],
  cluster: ['probe', 'open'],
};

/** What a function of a part returns, if that is more of the plugin's code. */
interface Returned {
  /** E.g. `engine`. */
  readonly name: string;
  readonly members: readonly string[];
  readonly returning?: Returning;
}
interface Returning {
  readonly [name: string]: Returned;
}
const returned = <T>(name: string, members: readonly (keyof T & string)[], returning?: Returning): Returned => ({
  name,
  members,
  returning,
});

/** Functions that return more of the plugin's code, by their names: it is checked, and named in errors, too. */
const RETURNING: { readonly [K in PluginKind]?: Returning } = {
  backend: {
    open: returned<Engine>('engine', ['name', 'device', 'compile', 'dispose'], {
      compile: returned<Executable>('executable', ['run', 'readState', 'writeState', 'dispose']),
    }),
  },
  logger: { open: returned<OpenLogger>('open logger', ['reader', 'close']) },
  cluster: {
    open: returned<Cluster>('cluster', [
      'rank',
      'size',
      'device',
      'allReduce',
      'broadcast',
      'barrier',
      'abort',
      'close',
    ]),
  },
};

/** Uses `Symbol.for`, so two copies of this package read each other's marks. */
const AT_FAULT = Symbol.for('facewright/plugin-at-fault');

/** The plugin that threw the error, if any. */
export const pluginAtFault = (error: unknown): PluginAtFault | undefined =>
  typeof error === 'object' && error !== null ? (error as { [AT_FAULT]?: PluginAtFault })[AT_FAULT] : undefined;

/** `loss "my-loss" of my-package` */
export const describePlugin = ({ kind, name, package: from }: PluginAtFault): string =>
  `${kind} "${name}"${from === undefined ? '' : ` of ${from}`}`;

/** The error to show: an unexpected one from a plugin names the plugin; any other is unchanged. */
export function withPlugin(error: unknown): unknown {
  const plugin = pluginAtFault(error);
  if (!plugin || error instanceof FacewrightError) return error;
  const line = (error as Error).stack?.split('\n').find((text) => /^\s+at /.test(text));
  return new FacewrightError({
    what: `The ${describePlugin(plugin)} failed: ${messageOf(error)}`,
    where: line?.trim(),
    todo: 'This is a bug in the plugin. Please report it to its author.',
    cause: error,
  });
}

/**
 * Creates and checks a part. Errors thrown inside keep their class, because engines and tests rely on it, and are
 * marked with the plugin; see `pluginAtFault`.
 */
export async function makePart<K extends PluginKind>(
  plugin: ConfiguredPlugin<K>,
  context: PluginContext,
  from?: string,
): Promise<Contracts[K]> {
  const { kind, name } = plugin.meta;
  const whose: PluginAtFault = { kind, name, ...(from !== undefined && { package: from }) };
  const part = await guarded(whose, () => plugin.create(context));
  const { [kind]: members } = REQUIRED;
  return watched(complete(part, { by: 'create', name: kind, members }, whose), whose, RETURNING[kind]);
}

/** Throws a `FacewrightError` that names the plugin and the members that are missing. */
function complete<T>(
  value: T,
  { by, name, members }: { readonly by: string } & Pick<Returned, 'name' | 'members'>,
  whose: PluginAtFault,
): T & object {
  const missing = members.filter((key) => (value as Readonly<Record<string, unknown>> | undefined)?.[key] == null);
  if (!missing.length) return value as T & object;
  throw new FacewrightError({
    what: `The ${describePlugin(whose)} returned ${aOrAn(name)} without ${missing.map((key) => `"${key}"`).join(', ')}.`,
    where: whose.package,
    todo: `"${by}" must return ${aOrAn(name)}: an object with ${members.join(', ')}.`,
  });
}

const aOrAn = (noun: string): string => `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;

/** The same object, whose functions mark the errors they throw. */
function watched<T extends object>(part: T, whose: PluginAtFault, returning: Returning = {}): T {
  const wrapped = new Map<PropertyKey, { readonly of: unknown; readonly call: unknown }>();
  return new Proxy(part, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function' || isFixed(target, key)) return value;
      const known = wrapped.get(key);
      if (known?.of === value) return known.call;
      const call = (...args: unknown[]): unknown => {
        const result = guarded(whose, () => Reflect.apply(value, target, args));
        return Object.hasOwn(returning, key) ? watchedResult(result, whose, key as string, returning) : result;
      };
      wrapped.set(key, { of: value, call });
      return call;
    },
  });
}

function watchedResult(result: unknown, whose: PluginAtFault, by: string, returning: Returning): unknown {
  if (result instanceof Promise) return result.then((value) => watchedResult(value, whose, by, returning));
  const { [by]: expected } = returning;
  return watched(complete(result, { by, ...expected }, whose), whose, expected.returning);
}

/** Whether a proxy must return the property unchanged. */
function isFixed(target: object, key: PropertyKey): boolean {
  const property = Object.getOwnPropertyDescriptor(target, key);
  return property !== undefined && !property.configurable && !property.writable;
}

function guarded<T>(whose: PluginAtFault, work: () => T): T {
  let result: T;
  try {
    result = work();
  } catch (error) {
    throw marked(error, whose);
  }
  if (result instanceof Promise)
    return result.catch((error: unknown) => {
      throw marked(error, whose);
    }) as T;
  if (typeof result === 'object' && result !== null && Symbol.asyncIterator in result)
    return guardedItems(whose, result as unknown as AsyncIterable<unknown>) as T;
  return result;
}

async function* guardedItems(whose: PluginAtFault, items: AsyncIterable<unknown>): AsyncGenerator<unknown> {
  try {
    yield* items;
  } catch (error) {
    throw marked(error, whose);
  }
}

/** The plugin closest to the error wins. */
function marked(thrown: unknown, whose: PluginAtFault): unknown {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  if (!pluginAtFault(error) && Object.isExtensible(error)) Object.defineProperty(error, AT_FAULT, { value: whose });
  return error;
}
