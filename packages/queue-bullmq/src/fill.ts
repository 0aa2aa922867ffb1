/** Puts the parts of a preparation into the queue, and watches until workers have finished all of them. */
import { FacewrightError, throwIfAborted } from '@facewright/core';
import { Job, Queue } from 'bullmq';
import { setTimeout as sleep } from 'node:timers/promises';
import { requireReachable, type QueueAddress } from './address.js';
import { connectionOf } from './connection.js';
import { jobName, PREFIX, QUEUE, type PartJob, type PartState } from './job.js';

export interface PartsProgress {
  readonly of: number;
  readonly finished: number;
  readonly inWork: number;
  /** Photos gone through, in parts that a worker has begun. */
  readonly photos: number;
  /** Photos of all parts, estimated from those that have been begun; missing before the first one. */
  readonly totalPhotos?: number;
}

export interface FillOptions {
  readonly preparation: unknown;
  readonly of: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: PartsProgress) => void;
  /** Called once for a part that has failed for good, while others are still in work. */
  readonly onFailure?: (message: string) => void;
  /** The connection is lost or back. */
  readonly onConnection?: (message: string) => void;
  /** Whether a part's directory is there: a part that the queue calls finished is put in again without it. */
  readonly isThere: (number: number) => Promise<boolean>;
}

export interface FilledQueue {
  /** Resolves when all parts are finished. Rejects if one has failed for good, after the others have ended. */
  finished(): Promise<void>;
  /** Removes the parts from the queue. */
  forget(): Promise<void>;
  close(): Promise<void>;
}

/** A part that fails is tried again, probably by another worker. */
const ATTEMPTS = 3;
const AGAIN_MS = 2_000;
const POLL_MS = 1_000;

/** Parts that are in the queue already stay there; those that had failed are tried again. */
export async function fillQueue(address: QueueAddress, options: FillOptions): Promise<FilledQueue> {
  await requireReachable(address);
  let closing = false;
  const queue = new Queue<PartJob>(QUEUE, {
    prefix: PREFIX,
    connection: connectionOf(address, () => closing || (options.signal?.aborted ?? false)),
  });
  const connection = watchConnection(queue, address, options.onConnection);
  const jobs = Array.from({ length: options.of }, (_, index): PartJob => {
    const { preparation, of } = options;
    return { preparation, number: index + 1, of };
  });
  const add = async (job: PartJob): Promise<void> => {
    await queue.add('prepare', job, {
      jobId: jobName(job),
      attempts: ATTEMPTS,
      backoff: { type: 'fixed', delay: AGAIN_MS },
    });
  };
  try {
    for (const job of jobs) {
      throwIfAborted(options.signal, 'the queue');
      const earlier = await Job.fromId(queue, jobName(job));
      const state = await earlier?.getState();
      if (state === 'completed' || state === 'failed') await earlier!.remove();
      if (state !== 'completed' || !(await options.isThere(job.number))) await add(job);
    }
  } catch (error) {
    await queue.close();
    throw error;
  }
  return {
    finished: () =>
      watch(queue, jobs, add, options).catch((error: unknown) => {
        throwIfAborted(options.signal, 'the queue'); // a command that failed because the process is to stop
        throw error;
      }),
    forget: async () => {
      for (const job of jobs) await (await Job.fromId(queue, jobName(job)))?.remove().catch(() => undefined);
    },
    close: async () => {
      closing = true;
      connection.stop();
      await queue.close().catch(() => undefined);
    },
  };
}

/** Says once that the connection is lost, and once that it is back. */
function watchConnection(
  queue: Queue,
  { shown }: QueueAddress,
  tell: FillOptions['onConnection'] = () => undefined,
): { stop(): void } {
  let lost = false;
  let stopped = false;
  queue.on('error', () => {
    if (lost || stopped) return;
    lost = true;
    tell(`The connection to ${shown} is lost. Trying again.`);
  });
  const back = (): void => {
    if (lost && !stopped) tell(`Connected to ${shown} again.`);
    lost = false;
  };
  void queue.client.then((client) => client.on('ready', back));
  return { stop: () => void (stopped = true) };
}

async function watch(
  queue: Queue<PartJob>,
  jobs: readonly PartJob[],
  add: (job: PartJob) => Promise<void>,
  { of, signal, isThere, onProgress, onFailure }: FillOptions,
): Promise<void> {
  const open = new Map(jobs.map((job) => [jobName(job), job]));
  const states = new Map<string, PartState>();
  const failures: string[] = [];
  for (;;) {
    let inWork = 0;
    for (const [name, part] of open) {
      throwIfAborted(signal, 'the queue');
      const job = await Job.fromId<PartJob>(queue, name);
      const state = job ? await job.getState() : 'unknown';
      if (isState(job?.progress)) states.set(name, job.progress);
      if (state === 'active') inWork++;
      if (state === 'failed') {
        failures.push(`part ${part.number}/${of}: ${job!.failedReason}`);
        onFailure?.(failures.at(-1)!);
      }
      // Redis has forgotten it, because it was restarted without its data
      if (state === 'unknown' && !(await isThere(part.number))) await add(part);
      else if (['completed', 'failed', 'unknown'].includes(state)) open.delete(name);
    }
    onProgress?.(progressOf(of, of - open.size - failures.length, inWork, [...states.values()]));
    if (!open.size) break;
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
  if (failures.length)
    throw new FacewrightError({
      what: `${failures.length === 1 ? 'A part' : `${failures.length} parts`} of ${of} could not be prepared. ${failures[0]}`,
      todo: 'Mend the cause and start the same command again: finished parts are kept.',
    });
}

function isState(progress: unknown): progress is PartState {
  const { done, total } = Object(progress) as Partial<PartState>;
  return typeof done === 'number' && typeof total === 'number';
}

function progressOf(of: number, finished: number, inWork: number, states: readonly PartState[]): PartsProgress {
  const sum = (value: (state: PartState) => number): number => states.reduce((total, state) => total + value(state), 0);
  return {
    of,
    finished,
    inWork,
    photos: sum(({ done }) => done),
    // parts have about the same size
    ...(states.length > 0 && { totalPhotos: Math.round((sum(({ total }) => total) / states.length) * of) }),
  };
}
