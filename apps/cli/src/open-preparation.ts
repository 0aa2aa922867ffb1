/** What a preparation needs, from the options of a command or from a job that another machine has put in a queue. */
import { createEventStream, FacewrightError, parseRunConfig, type EventStream } from '@facewright/core';
import type { LoadedConfig } from '@facewright/platform/node';
import {
  backendFor,
  composeForData,
  presetOf,
  recogniseData,
  type Composition,
  type PresetName,
  type Scope,
} from '@facewright/run';
import { builtins } from './builtins.js';
import { requireData } from './config-of.js';
import type { Session } from './session.js';

export interface PreparationChoices {
  readonly preset: PresetName;
  readonly minPhotos?: number;
}

export interface OpenPreparation {
  readonly composition: Composition;
  readonly events: EventStream;
}

/** Dispose of the composition at the end. `limits` restricts what names may refer to. */
export async function openPreparation(
  { given, baseDirectory, where }: Omit<LoadedConfig, 'config'>,
  { preset, minPhotos }: PreparationChoices,
  { signal, onEvent }: Pick<Session, 'signal' | 'onEvent'>,
  limits: Pick<Scope, 'library'> = {},
): Promise<OpenPreparation> {
  const data = await recogniseData(requireData(given), baseDirectory, { flat: true });
  if (data.prepared)
    throw new FacewrightError({
      what: 'This is already a prepared dataset.',
      where: data.prepared,
      todo: 'Train on it: facewright train --data <it> --out <dir>.',
    });
  const events = createEventStream();
  events.subscribe(onEvent);
  const scope = { builtins, events, signal, baseDirectory, where, plugins: [], ...limits };
  const backend = await backendFor(parseRunConfig(given, where), scope);
  const config = parseRunConfig(
    { ...(await presetOf(backend.plugin, preset)).config, ...data.config, ...given },
    where,
  );
  const { composition, notice } = await composeForData(config, backend, scope, { given, minPhotos, prepares: true });
  if (notice) events.emit('notice', notice);
  return { composition, events };
}
