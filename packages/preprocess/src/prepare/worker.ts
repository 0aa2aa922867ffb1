/** Runs in a worker thread (see workers.ts): passes its recipe and its photos to worker-photo.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { move, transferableSymbol, valueSymbol } from 'piscina';
import type { Emit } from '@facewright/core';
import { limitImageThreads } from '@facewright/platform/node';
import type { PhotoTask } from './photo.js';
import { photoProcessor } from './worker-photo.js';
import type { EncodedPhoto, WorkerJob } from './workers.js';

/** Messages from parts are passed on; the state of each thread's engine is not. */
const emit: Emit = (type, event) => {
  if (type === 'notice') parentPort?.postMessage(event);
};

async function open(): ReturnType<typeof photoProcessor> {
  await limitImageThreads(1); // sharp's own threads are not needed: the workers run in parallel
  return photoProcessor(workerData as WorkerJob, emit);
}
let opened: ReturnType<typeof photoProcessor> | undefined;

export default async function photo(task: PhotoTask): Promise<EncodedPhoto> {
  const process = await (opened ??= open()); // with the first photo, which then fails if a part cannot be made
  const { result, buffers } = await process(task);
  return move({ [transferableSymbol]: buffers, [valueSymbol]: result } as never) as unknown as EncodedPhoto;
}
