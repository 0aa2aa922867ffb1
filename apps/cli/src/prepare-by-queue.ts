/** `facewright prepare --queue`: puts the parts into a queue, shows how far all workers are, and merges what they made. */
import { resolve } from 'node:path';
import { createEventStream } from '@facewright/core';
import { mergeParts, type MergedDataset } from '@facewright/datasets';
import { configOf } from './config-of.js';
import { openPreparation } from './open-preparation.js';
import { isThere, sendable, type PreparationJob } from './preparation-job.js';
import { queuePackage } from './queue-package.js';
import type { PrepareOptions } from './actions/prepare.js';
import type { Session } from './session.js';

/** Enough for a few machines of different speed. */
const PARTS = 32;

export async function prepareByQueue(
  options: PrepareOptions & { readonly queue: string },
  session: Session,
): Promise<MergedDataset> {
  const { fillQueue, queueAddress } = await queuePackage();
  const address = queueAddress(options.queue);
  const directory = resolve(options.out);
  const parts = `${directory}-parts`;
  const of = options.parts ?? PARTS;
  const events = createEventStream();
  events.subscribe(session.onEvent);
  const notice = (level: 'info' | 'warning', message: string): void => events.emit('notice', { level, message });

  const filled = await fillQueue(address, {
    preparation: await jobOf(options, parts, session),
    of,
    signal: session.signal,
    isThere: (number) => isThere(parts, { number, of }),
    onProgress: ({ finished, inWork, photos, totalPhotos }) =>
      events.emit('progress', {
        task: 'prepare',
        done: totalPhotos === undefined ? 0 : Math.min(photos, totalPhotos),
        ...(totalPhotos !== undefined && { total: finished === of ? photos : totalPhotos }),
        unit: 'photos',
        text: `${finished}/${of} parts, ${inWork} in work`,
      }),
    onFailure: (message) => notice('warning', message),
    onConnection: (message) => notice('info', message),
  });
  try {
    notice('info', `${of} parts are in the queue ${address.shown}. Start workers: facewright worker --queue <url>`);
    await filled.finished();
    const merged = await mergeParts([parts], directory, {
      emit: events.emit,
      signal: session.signal,
      replace: options.force ?? false,
    });
    await filled.forget();
    notice('info', `The parts are no longer needed: ${parts}`);
    return merged;
  } finally {
    await filled.close();
  }
}

/** Composes the preparation here once, so that mistakes are found at once and all workers use the same engine. */
async function jobOf(options: PrepareOptions, parts: string, session: Session): Promise<PreparationJob> {
  const loaded = await configOf({ ...options, out: undefined });
  const { composition } = await openPreparation(loaded, options, session);
  const { name } = composition.backend;
  await composition.dispose();
  const { given, baseDirectory, where } = loaded;
  const chosen = given.backend === undefined || given.backend === 'auto' ? { ...given, backend: name } : given;
  return {
    version: 1,
    given: sendable(chosen, where),
    baseDirectory,
    where,
    preset: options.preset,
    ...(options.minPhotos !== undefined && { minPhotos: options.minPhotos }),
    parts,
    replace: options.force ?? false,
  };
}
