/** The part under test or under a benchmark. Needs no test runner. */
import type { ConfiguredPlugin, PluginKind } from '@facewright/core';

/** A configured plugin, or a function that creates one after the test's own `beforeAll` has run. */
export type Subject<K extends PluginKind> =
  ConfiguredPlugin<K> | (() => ConfiguredPlugin<K> | Promise<ConfiguredPlugin<K>>);

export const configured = async <K extends PluginKind>(subject: Subject<K>): Promise<ConfiguredPlugin<K>> =>
  typeof subject === 'function' ? subject() : subject;
