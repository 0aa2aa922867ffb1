/** Composition in Node: imports the config's packages and files, and probes the engine. */
import {
  createRunContainer,
  pluginContext,
  type ConfiguredPlugin,
  type EventStream,
  type RunConfig,
} from '@facewright/core';
import { namesItsData, readerFor } from '../data-source.js';
import type { Builtins } from './builtins.js';
import { composeParts, type Composition, type ModelOfData } from './compose.js';
import { chooseBackend, type ChosenBackend } from './engines.js';
import { GivenParts } from './given.js';
import type { PluginLibrary } from './library.js';
import { openLibrary } from './node-library.js';

export interface Scope {
  /** Parts known by name without being listed. */
  readonly builtins: Builtins;
  readonly events: EventStream;
  readonly signal: AbortSignal;
  readonly baseDirectory: string;
  /** The config file or the command line, for errors. */
  readonly where: string;
  /**
   * Configured parts given in code. Each replaces the config's part of its kind; losses and augmenters replace those
   * with the same name.
   */
  readonly plugins: readonly ConfiguredPlugin[];
  /** Losses of the stages, if the stages come from code; also among `plugins`. */
  readonly stageLosses?: readonly ConfiguredPlugin<'loss'>[];
  /** The processes of a training, as chosen; see `chooseCluster`. */
  readonly cluster?: ConfiguredPlugin<'cluster'>;
  /** The model named in a data file. Replaces the config's, and is never imported. */
  readonly modelOf?: ModelOfData;
  /** The only plugins that can be named; without it, the config's packages and files are imported. */
  readonly library?: PluginLibrary;
}

/** The engine a config asks for, as a plugin that works here. */
export async function backendFor(config: RunConfig, scope: Scope): Promise<ChosenBackend> {
  const plugin = new GivenParts(scope.plugins).single('backend');
  if (plugin) return { plugin, passedOver: [] };
  const library = scope.library ?? (await openLibrary(config.plugins, scope));
  return chooseBackend(config.backend, library, pluginContext(createRunContainer(scope), 'probe'), scope.where);
}

export async function compose(config: RunConfig, backend: ChosenBackend, scope: Scope): Promise<Composition> {
  return composeParts(config, {
    ...scope,
    given: new GivenParts(scope.plugins),
    library: scope.library ?? (await openLibrary(config.plugins, scope)),
    backend,
    ...((config.data !== undefined || namesItsData(config.reader)) && {
      reader: readerFor(config.reader, config.data, scope.baseDirectory),
    }),
  });
}
