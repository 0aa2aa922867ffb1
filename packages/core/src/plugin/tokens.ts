/**
 * The injection tokens. The container of a run registers its parts and services under them. A part that is a class (`useClass`) injects its
 * options and services with `@inject(TOKEN)` in its constructor.
 */
import type { InjectionToken } from 'tsyringe';
import type { Engine } from '../contracts/backend.js';
import type { Emit, EventStream } from '../values/events.js';
import type { Contracts, PluginKind } from './plugin.js';
import type { Random } from '../random.js';

const token = <T>(name: string): InjectionToken<T> => Symbol.for(`facewright/${name}`);

export const READER = token<Promise<Contracts['reader']>>('reader');
export const DETECTOR = token<Promise<Contracts['detector']>>('detector');
export const ALIGNER = token<Promise<Contracts['aligner']>>('aligner');
export const AUGMENTER = token<Promise<Contracts['augmenter']>>('augmenter');
export const MODEL = token<Promise<Contracts['model']>>('model');
export const LOSS = token<Promise<Contracts['loss']>>('loss');
export const OPTIMISER = token<Promise<Contracts['optimiser']>>('optimiser');
export const CRITERION = token<Promise<Contracts['criterion']>>('criterion');
export const BACKEND = token<Promise<Contracts['backend']>>('backend');
export const LOGGER = token<Promise<Contracts['logger']>>('logger');
export const CLUSTER = token<Promise<Contracts['cluster']>>('cluster');
/** The run's engine, opened once on first use. */
export const ENGINE = token<Promise<Engine>>('engine');
/** The validated options of the part being created. Only available to parts. */
export const OPTIONS = token<unknown>('options');
/** Emits an event of the run. Only available to parts. */
export const EMIT = token<Emit>('emit');
export const EVENTS = token<EventStream>('events');
/** The part's own random stream, or the run's outside a part. */
export const RANDOM = token<Random>('random');
export const SIGNAL = token<AbortSignal>('signal');
export const BASE_DIRECTORY = token<string>('base-directory');

/** The token of a plugin kind. Parts are created on first use, hence the promise. */
export const TOKENS: { readonly [K in PluginKind]: InjectionToken<Promise<Contracts[K]>> } = {
  reader: READER,
  detector: DETECTOR,
  aligner: ALIGNER,
  augmenter: AUGMENTER,
  model: MODEL,
  loss: LOSS,
  optimiser: OPTIMISER,
  criterion: CRITERION,
  backend: BACKEND,
  logger: LOGGER,
  cluster: CLUSTER,
};
