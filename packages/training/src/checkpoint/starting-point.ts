/** Trained weights to start from: a model directory, a checkpoint, or a run. */
import {
  FacewrightError,
  messageOf,
  stripPrefix,
  type DataReference,
  type HostTensors,
  type InitialState,
} from '@facewright/core';
import { basename, dirname, join, readdir } from '@facewright/platform';
import { checkpointSteps, nameOf, readCheckpoint, type AboutRead } from './checkpoints.js';
import { loadModelFiles, type ModelCard } from './model-files.js';
import { readIdentities } from './identities.js';

/** The head of a checkpoint: its loss, and the people of its class centres. */
export interface FormerHead {
  readonly loss: DataReference;
  readonly params: HostTensors;
  readonly statistics: HostTensors;
  readonly identities: readonly string[];
}

export interface StartingPoint extends Pick<AboutRead, 'model' | 'alignment'>, Pick<ModelCard, 'licences'> {
  /** The path it was read from. */
  readonly path: string;
  readonly weights: InitialState;
  /** Missing for a model directory, and for a checkpoint without its list of people. */
  readonly head?: FormerHead;
}

/**
 * `path` is a model directory (`model.json`), a checkpoint (`state.json`), or a run, in which case its newest intact
 * checkpoint is used, or else its model. Throws a `FacewrightError` if it is none of these, or damaged.
 */
export async function readStartingPoint(path: string): Promise<StartingPoint> {
  const has = async (name: string, ...below: string[]): Promise<boolean> =>
    (await readdir(join(path, ...below)).catch(() => [] as string[])).includes(name);
  if (await has('model.json')) return fromModel(path);
  if (await has('state.json')) return fromCheckpoint(path);
  const isRun = await has('checkpoints');
  if (isRun || basename(path) === 'checkpoints') {
    const checkpoints = isRun ? join(path, 'checkpoints') : path;
    for (const step of await checkpointSteps(checkpoints)) {
      const found = await fromCheckpoint(join(checkpoints, nameOf(step))).catch(() => undefined);
      if (found) return found;
    }
  }
  if (await has('model.json', 'model')) return fromModel(join(path, 'model'));
  throw new FacewrightError({
    what: 'There is nothing to start from here.',
    where: path,
    todo: 'Give a model directory (with model.json), a checkpoint (with state.json) or the directory of a run. "facewright import" turns weights trained elsewhere into a model.',
  });
}

async function fromModel(path: string): Promise<StartingPoint> {
  const { card, params, statistics } = await loadModelFiles(path);
  return {
    path,
    model: { name: card.model.name, options: card.model.options },
    alignment: card.alignment,
    licences: card.licences,
    weights: { params, statistics },
  };
}

async function fromCheckpoint(path: string): Promise<StartingPoint> {
  const { about, state, fingerprint } = await readCheckpoint(path).catch((error: unknown) => {
    throw new FacewrightError({
      what: `The checkpoint is damaged: ${messageOf(error).split('\n')[0]}`,
      where: path,
      todo: 'Start from another checkpoint.',
      cause: error,
    });
  });
  const identities = await readIdentities(dirname(path), fingerprint.people);
  return {
    path,
    model: about.model,
    alignment: about.alignment,
    weights: { params: stripPrefix('model/params', state), statistics: stripPrefix('model/statistics', state) },
    ...(identities && {
      head: {
        loss: about.loss,
        params: stripPrefix('head/params', state),
        statistics: stripPrefix('head/statistics', state),
        identities,
      },
    }),
  };
}
