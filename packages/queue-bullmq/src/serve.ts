/**
 * Takes parts out of the queue, one at a time, until it is told to stop. A part is delivered at least once: if this
 * process is killed, another worker gets the part after `LOCK_MS`, and if the connection is lost for that long, another
 * worker gets it while this one is still at it. So doing a part twice must do no harm.
 */
import { FacewrightError, Interrupted, messageOf } from '@facewright/core';
import { DelayedError, Queue, WaitingError, Worker, type Job } from 'bullmq';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { requireReachable, type QueueAddress } from './address.js';
import { connectionOf } from './connection.js';
import { PREFIX, QUEUE, type PartJob, type PartState } from './job.js';

/** `taken`: another process is at this part, so it is put back and tried again later. */
export type PartOutcome = 'done' | 'taken';

export type PartWork = (
  job: PartJob,
  context: { readonly signal: AbortSignal; readonly progress: (done: number, total: number) => void },
) => Promise<PartOutcome>;

export interface ServeOptions {
  readonly work: PartWork;
  readonly signal: AbortSignal;
  /** End when no part is left, rather than waiting for more. */
  readonly untilEmpty?: boolean;
  /** A part begins or ends, or the connection is lost or back. */
  readonly onMessage?: (level: 'info' | 'warning', message: string) => void;
}

/** A worker that has not been heard of for this long has lost its part. */
const LOCK_MS = 15_000;
const LOOK_FOR_LOST_MS = 5_000;
/** A part may be lost with its worker any number of times. */
const MOST_LOST = 1_000_000;
const TAKEN_AGAIN_MS = 10_000;
/** A worker that fails this often in a row is at fault itself, e.g. its disk is missing, and leaves the parts to others. */
const MOST_FAILURES = 3;
const POLL_MS = 1_000;

/** Returns the number of parts that were finished here. Throws a `FacewrightError` if this worker fails again and again. */
export async function serveQueue(address: QueueAddress, options: ServeOptions): Promise<number> {
  const { signal, untilEmpty = false } = options;
  await requireReachable(address);
  const tell = options.onMessage ?? (() => undefined);
  const state = { done: 0, failures: 0, last: undefined as unknown };
  const worker = new Worker<PartJob>(QUEUE, (job, token) => doPart(job, token, options, state), {
    prefix: PREFIX,
    connection: connectionOf(address),
    autorun: false,
    concurrency: 1,
    lockDuration: LOCK_MS,
    stalledInterval: LOOK_FOR_LOST_MS,
    maxStalledCount: MOST_LOST,
  });
  watchConnection(worker, address, tell);
  const queue = new Queue(QUEUE, { prefix: PREFIX, connection: connectionOf(address) });
  queue.on('error', () => undefined); // the worker's own connection tells
  const running = worker.run();
  running.catch(() => undefined);
  try {
    while (!signal.aborted && state.failures < MOST_FAILURES) {
      await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
      if (untilEmpty && !signal.aborted && (await isEmpty(queue, signal))) break;
    }
  } finally {
    await worker.close(); // waits for the part in work, which the signal stops
    await queue.close();
  }
  if (state.failures >= MOST_FAILURES)
    throw new FacewrightError({
      what: `${MOST_FAILURES} parts in a row have failed here, so this worker leaves the others alone. The last one: ${firstLine(state.last)}`,
      where: hostname(),
      todo: 'Check that this machine sees the same files as the others, and that its disk is not full.',
      cause: state.last,
    });
  return state.done;
}

/** A lost connection must not keep a worker from stopping. */
async function isEmpty(queue: Queue, signal: AbortSignal): Promise<boolean> {
  const counts = queue.getJobCounts('waiting', 'active', 'delayed', 'paused', 'prioritized');
  counts.catch(() => undefined);
  const stopped = new Promise<undefined>((resolve) =>
    signal.addEventListener('abort', () => resolve(undefined), { once: true }),
  );
  const found = await Promise.race([counts, stopped]);
  return found !== undefined && Object.values(found).every((count) => count === 0);
}

async function doPart(
  job: Job<PartJob>,
  token: string | undefined,
  { work, signal, onMessage = () => undefined }: ServeOptions,
  state: { done: number; failures: number; last: unknown },
): Promise<void> {
  const name = `part ${job.data.number} of ${job.data.of}`;
  let telling = false;
  let last: PartState | undefined;
  const progress = (done: number, total: number): void => {
    last = { done, total, by: hostname() };
    if (telling) return; // one at a time: Redis may be away
    telling = true;
    job.updateProgress(last).then(
      () => (telling = false),
      () => (telling = false),
    );
  };
  try {
    const outcome = await work(job.data, { signal, progress });
    state.failures = 0;
    if (outcome === 'taken') {
      onMessage('info', `Another process is at ${name}. Looking again later.`);
      await job.moveToDelayed(Date.now() + TAKEN_AGAIN_MS, token);
      throw new DelayedError();
    }
    if (last) await job.updateProgress(last);
    state.done++;
    onMessage('info', `Finished ${name}.`);
  } catch (error) {
    if (error instanceof DelayedError) throw error;
    if (error instanceof Interrupted) {
      await job.moveToWait(token); // for another worker, at once
      throw new WaitingError();
    }
    state.failures++;
    state.last = error;
    onMessage('warning', `${name} failed: ${firstLine(error)}`);
    throw new Error(firstLine(error), { cause: error }); // the queue keeps the message
  }
}

const firstLine = (error: unknown): string =>
  error instanceof FacewrightError
    ? [error.what, error.where].filter(Boolean).join(' ')
    : messageOf(error).split('\n')[0];

/** Errors of the connection, and of parts that another worker has taken over. */
function watchConnection(worker: Worker, { shown }: QueueAddress, tell: NonNullable<ServeOptions['onMessage']>): void {
  let lost = false;
  worker.on('error', (error) => {
    if (/Missing lock|could not renew lock/i.test(error.message)) {
      tell('info', 'Another worker has taken over the part in the meantime; it finds it finished.');
      return;
    }
    if (lost) return;
    lost = true;
    tell('warning', `The connection to ${shown} is lost (${codeOf(error)}). Trying again.`);
  });
  worker.on('ready', () => {
    if (lost) tell('info', `Connected to ${shown} again.`);
    lost = false;
  });
}

const codeOf = (error: Error): string => (error as NodeJS.ErrnoException).code ?? error.message.split('\n')[0];
