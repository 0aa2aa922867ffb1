/** The context a suite creates plugins with, and engines for the suites that compute. */
import {
  createRandom,
  type Backend,
  type ConfiguredPlugin,
  type Contracts,
  type Emit,
  type Engine,
  type Events,
  type PluginContext,
  type PluginKind,
} from '@facewright/core';
import { configured, type Subject } from './subject.js';

/** The engine a suite computes on: a backend plugin, or a function that opens an engine. */
export type EngineSource = ConfiguredPlugin<'backend'> | (() => Engine | Promise<Engine>);

export interface ContextOptions {
  /** For plugins that compute; without it, asking for an engine is an error. */
  readonly engine?: EngineSource;
  /** Base for relative paths in options; default: the working directory. */
  readonly baseDirectory?: string;
  /** Receives the part's events; by default only an engine's fallback, which fails the test. */
  readonly emit?: Emit;
}

/** Fails if a compiling engine runs a step op by op: the suite would pass without testing the lowering. */
export const failOnFallback =
  (declared: readonly string[] = []): Emit =>
  (type, event) => {
    if (type !== 'engine.fallback') return;
    const { name, step, missing } = event as Events['engine.fallback'];
    if (!declared.includes(missing))
      throw new Error(
        `"${name}" has no lowering for ${missing}, and runs "${step}" op by op: lower it, or declare the gap with its reason in "fallbacks"`,
      );
  };

/** A plugin context for tests: fixed randomness, no events, never aborted. */
export function testContext({
  engine,
  baseDirectory = '.',
  emit = failOnFallback(),
}: ContextOptions = {}): PluginContext {
  let opened: Promise<Engine> | undefined;
  return {
    random: createRandom('testkit'),
    emit,
    signal: new AbortController().signal,
    baseDirectory,
    engine: () => {
      if (!engine) return Promise.reject(new Error('this part asks for an engine: give the suite one as `engine`'));
      return (opened ??= openEngine(engine));
    },
  };
}

export async function openEngine(source: EngineSource): Promise<Engine> {
  return typeof source === 'function' ? source() : ((await source.create(testContext())) satisfies Backend).open();
}

/** Creates the part of a subject. */
export async function create<K extends PluginKind>(
  subject: Subject<K>,
  options?: ContextOptions,
): Promise<Contracts[K]> {
  return (await configured(subject)).create(testContext(options));
}
