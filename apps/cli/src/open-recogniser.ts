/** The recogniser for a command: a model directory or a file of weights, with the parts named in the config. */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createEventStream,
  FacewrightError,
  Interrupted,
  parseRunConfig,
  type Emit,
  type Engine,
  type EventStream,
  type RunConfig,
} from '@facewright/core';
import { isPhotoName } from '@facewright/datasets';
import { openPhoto } from '@facewright/platform/node';
import { recogniserFrom, type Recogniser } from '@facewright/recognise';
import { backendFor, compose } from '@facewright/run';
import { loadModelFiles, type ModelFiles } from '@facewright/training';
import { builtins } from './builtins.js';
import { configOf } from './config-of.js';
import { importModel } from './import-model.js';
import { modelDirectory } from './model-directory.js';
import type { CommonOptions } from './options.js';
import type { Session } from './session.js';
import { fileOfWeights } from './weights-to-begin-from.js';

export interface OpenRecogniser {
  readonly recogniser: Recogniser;
  /** The recogniser's. */
  readonly engine: Engine;
  readonly config: RunConfig;
  readonly events: EventStream;
}

/** Opens the recogniser, and closes it once `use` is done. */
export async function withRecogniser<T>(
  options: CommonOptions & { readonly model: string },
  { signal, onEvent }: Pick<Session, 'signal' | 'onEvent'>,
  use: (open: OpenRecogniser) => Promise<T>,
): Promise<T> {
  const events = createEventStream();
  events.subscribe(onEvent);
  const { given, baseDirectory, where } = await configOf({ ...options, data: undefined, out: undefined });
  const config = parseRunConfig({ ...given, data: undefined }, where);
  const path = modelDirectory(options.model);
  const files = await filesOf(path, { config: given, baseDirectory, where });
  const modelOf = { model: files.card.model, where: path };
  warnOfWeakModel(files.card, path, events.emit);
  const scope = { builtins, events, signal, baseDirectory, where, plugins: [], modelOf };
  const composition = await compose(config, await backendFor(config, scope), scope);
  try {
    const engine = await composition.engine();
    const recogniser = recogniserFrom({
      files,
      model: await composition.model.make(),
      engine,
      aligner: await composition.aligner.make(),
      detector: () => composition.detector.make(),
      open: openPhoto,
      limits: config.limits,
      signal,
    });
    try {
      return await use({ recogniser, engine, config, events });
    } finally {
      await recogniser.dispose();
    }
  } finally {
    await composition.dispose();
  }
}

/** Below this share of correctly classified pairs, a name is little more than a guess. */
const WEAK = 0.75;

/** Warns if the model's latest verification found it weak. */
function warnOfWeakModel({ metrics = [] }: Pick<ModelFiles['card'], 'metrics'>, where: string, emit: Emit): void {
  const latest = metrics.at(-1);
  if (!latest || latest.accuracy >= WEAK) return;
  emit('notice', {
    level: 'warning',
    message: `This model classified only ${(100 * latest.accuracy).toFixed(1)} % of pairs correctly when it was verified (${where}): do not trust what it says about faces.`,
    todo: 'Use a better model, such as one tuned from public weights: facewright run --data <photos> --from <weights>.',
  });
}

/** A file of weights is imported temporarily; "facewright import" shows how it was read. */
async function filesOf(
  path: string,
  given: Omit<Parameters<typeof importModel>[0], 'path' | 'out'>,
): Promise<ModelFiles> {
  if ((await fileOfWeights(path)) === undefined) return loadModelFiles(path);
  const aside = await mkdtemp(join(tmpdir(), 'facewright-model-'));
  try {
    const { directory } = await importModel({ ...given, path, out: join(aside, 'model') });
    return await loadModelFiles(directory);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

/**
 * Photos by path: files as given, folders with all their photos, by name. Throws a `FacewrightError` if there are none.
 */
export async function photosAt(paths: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    if ((await stat(path).catch(() => undefined))?.isDirectory() !== true) found.push(path);
    else {
      const entries = await readdir(path, { recursive: true, withFileTypes: true });
      const photos = entries.filter((entry) => !entry.isDirectory() && isPhotoName(entry.name));
      found.push(...photos.map(({ parentPath, name }) => join(parentPath, name)).sort());
    }
  }
  if (found.length) return found;
  throw new FacewrightError({
    what: 'There are no photos here.',
    where: paths.join(', '),
    todo: 'Give photos, or a folder of them.',
  });
}

/** Why a photo is skipped. Rethrows errors the photo is not to blame for. */
export function reasonOf(error: unknown): string {
  if (error instanceof FacewrightError && !(error instanceof Interrupted)) return error.what;
  throw error;
}
