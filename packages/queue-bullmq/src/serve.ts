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
/** How long Redis has to answer when the process is to stop. */
const LEAVE_MS = 5_000;

interface State {
  done: number;
  /** In a row. */
  failures: number;
  last?: unknown;
  busy: boolean;
  /** Redis cannot be reached. */
  away: boolean;
  /** Redis could not be told the end of the part in work. */
  stuck: boolean;
}

/** Returns the number of parts that were finished here. Throws a `FacewrightError` if this worker fails again and again. */
export async function serveQueue(address: QueueAddress, options: ServeOptions): Promise<number> {
  const { signal, untilEmpty = false } = options;
  await requireReachable(address);
  const tell = options.onMessage ?? (() => undefined);
  const connection = connectionOf(address);
  const state: State = { done: 0, failures: 0, busy: false, away: false, stuck: false };
  const worker = new Worker<PartJob>(QUEUE, (job, token) => doPart(job, token, options, state), {
    prefix: PREFIX,
    connection,
    autorun: false,
    concurrency: 1,
    lockDuration: LOCK_MS,
    stalledInterval: LOOK_FOR_LOST_MS,
    maxStalledCount: MOST_LOST,
  });
  watchConnection(worker, address, state, tell);
  const queue = new Queue(QUEUE, { prefix: PREFIX, connection });
  queue.on('error', () => undefined); // the worker's own connection tells
  const running = worker.run();
  running.catch(() => undefined);
  try {
    while (!signal.aborted && state.failures < MOST_FAILURES) {
      await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
      if (untilEmpty && !signal.aborted && (await isEmpty(queue, signal))) break;
    }
  } finally {
    await close(worker, queue, state);
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

/**
 * Waits for the part in work, which the signal stops. With Redis away, BullMQ would wait for it, and so the process would
 * not end: the connections are cut then.
 */
async function close(worker: Worker, queue: Queue, state: State): Promise<void> {
  while (state.busy && !state.stuck) await sleep(50);
  const cut = state.away || state.stuck;
  await worker.close(cut).catch(() => undefined);
  if (cut) (await queue.client).disconnect();
  else await queue.close().catch(() => undefined);
}

async function doPart(
  job: Job<PartJob>,
  token: string | undefined,
  options: ServeOptions,
  state: State,
): Promise<void> {
  state.busy = true;
  try {
    const next = await outcomeOf(job, options, state);
    const told = {
      done: () => job.updateProgress(next.progress ?? 1),
      later: () => job.moveToDelayed(Date.now() + TAKEN_AGAIN_MS, token),
      back: () => job.moveToWait(token),
      failed: () => job.updateProgress(next.progress ?? 0),
    }[next.what]();
    if (!(await answered(told, options.signal))) {
      // never given back to BullMQ, which would try to send it without a pause
      state.stuck = true;
      await new Promise(() => undefined);
    }
    if (next.what === 'later') throw new DelayedError();
    if (next.what === 'back') throw new WaitingError();
    if (next.what === 'failed') throw new Error(firstLine(next.error), { cause: next.error }); // the queue keeps the message
  } finally {
    state.busy = false;
  }
}

interface Next {
  /** `later`: another process is at it. `back`: this one is to stop. */
  readonly what: 'done' | 'later' | 'back' | 'failed';
  readonly progress?: PartState;
  readonly error?: unknown;
}

/** Does the part, and says what is to happen to it in the queue. */
async function outcomeOf(
  job: Job<PartJob>,
  { work, signal, onMessage = () => undefined }: ServeOptions,
  state: State,
): Promise<Next> {
  const name = `part ${job.data.number} of ${job.data.of}`;
  let telling = false;
  let progress: PartState | undefined;
  const tell = (done: number, total: number): void => {
    progress = { done, total, by: hostname() };
    if (telling) return; // one at a time: Redis may be away
    telling = true;
    const told = (): void => void (telling = false);
    job.updateProgress(progress).then(told, told);
  };
  try {
    const outcome = await work(job.data, { signal, progress: tell });
    state.failures = 0;
    if (outcome === 'taken') {
      onMessage('info', `Another process is at ${name}. Looking again later.`);
      return { what: 'later' };
    }
    state.done++;
    onMessage('info', `Finished ${name}.`);
    return { what: 'done', progress };
  } catch (error) {
    if (error instanceof Interrupted) return { what: 'back' };
    state.failures++;
    state.last = error;
    onMessage('warning', `${name} failed: ${firstLine(error)}`);
    return { what: 'failed', progress, error };
  }
}

/** Whether the command succeeds. It has any time, but only a few seconds once the process is to stop. */
async function answered(command: Promise<unknown>, signal: AbortSignal): Promise<boolean> {
  const stopped = async (): Promise<boolean> => {
    if (!signal.aborted)
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    await sleep(LEAVE_MS, undefined, { ref: false });
    return false;
  };
  const done = command.then(
    () => true,
    () => signal.aborted === false,
  );
  return Promise.race([done, stopped()]);
}

const firstLine = (error: unknown): string =>
  error instanceof FacewrightError
    ? [error.what, error.where].filter(Boolean).join(' ')
    : messageOf(error).split('\n')[0];

const AWAY = /^E[A-Z]+$|Connection is closed|Command timed out/;

/** Errors of the connection, and of parts that another worker has taken over. */
function watchConnection(
  worker: Worker,
  { shown }: QueueAddress,
  state: State,
  tell: NonNullable<ServeOptions['onMessage']>,
): void {
  worker.on('error', (error) => {
    if (/Missing lock|could not renew lock/i.test(error.message)) {
      tell('info', 'Another worker has taken over the part in the meantime; it finds it finished.');
      return;
    }
    if (!AWAY.test(codeOf(error))) {
      tell('warning', codeOf(error));
      return;
    }
    if (state.away) return;
    state.away = true;
    tell('warning', `The connection to ${shown} is lost (${codeOf(error)}). Trying again.`);
  });
  worker.on('ready', () => {
    if (state.away) tell('info', `Connected to ${shown} again.`);
    state.away = false;
  });
}

const codeOf = (error: Error): string => (error as NodeJS.ErrnoException).code ?? error.message.split('\n')[0];
