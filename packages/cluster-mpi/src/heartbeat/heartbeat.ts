/** Signs of life between the processes, sent by a thread of each; see beats.ts. */
import { Worker } from 'node:worker_threads';
import type { MpiCalls } from '../calls.js';
import { MOST_MISSED, othersOf, type Meeting, type News } from './beats.js';
import type { FromThread, ThreadData } from './thread.js';

/** For a meeting as JSON: some dozens of addresses. */
const MEETING_BYTES = 8192;
/** More than the thread needs to say goodbye. */
const STOP_MS = 2000;

/** Called once for a lost process, and once if some cannot be watched. */
export type OnNews = (news: News) => void;

export class Heartbeat {
  private constructor(private readonly thread: Worker | undefined) {}

  /** All ranks call it together. After `seconds` without a sign of life a process is lost. */
  static async start(
    { rank, size, broadcast, flavour }: Pick<MpiCalls, 'rank' | 'size' | 'broadcast' | 'flavour'>,
    seconds: number,
    onNews: OnNews,
  ): Promise<Heartbeat> {
    const data = { rank, size, tickMs: (seconds * 1000) / MOST_MISSED };
    const first = rank === 0 ? await begin(data, onNews) : undefined;
    const bytes = new Uint8Array(MEETING_BYTES);
    if (first?.meeting) new TextEncoder().encodeInto(JSON.stringify(first.meeting), bytes);
    await broadcast(bytes, flavour.byte, 0);
    if (rank === 0) return new Heartbeat(first?.thread);
    const text = new TextDecoder().decode(bytes).replaceAll('\0', '');
    // from here on this process is watched, if rank 0 can be reached
    const other = text ? await begin({ ...data, meeting: JSON.parse(text) as Meeting }, onNews) : undefined;
    return new Heartbeat(other?.thread);
  }

  /** Says goodbye, so that the others do not count this process as lost. */
  async stop(): Promise<void> {
    const { thread } = this;
    if (!thread) return;
    const ended = new Promise<void>((resolve) => thread.once('exit', () => resolve()));
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => (timer = setTimeout(resolve, STOP_MS)));
    thread.postMessage('stop');
    await Promise.race([ended, limit]);
    clearTimeout(timer);
  }
}

interface Begun {
  readonly thread: Worker;
  /** From rank 0, if it can be reached. */
  readonly meeting?: Meeting;
}

/** Resolves once rank 0 can be reached, or another rank has looked for it. */
function begin(workerData: ThreadData, onNews: OnNews): Promise<Begun> {
  return new Promise((resolve) => {
    const thread = new Worker(new URL('thread.js', import.meta.url), { workerData, execArgv: [] });
    thread.unref();
    thread.on('message', (message: FromThread) => {
      if ('meeting' in message) resolve({ thread, meeting: message.meeting });
      else if ('looked' in message) resolve({ thread });
      else onNews(message);
    });
    // without the thread, only MPI and its timeout watch the processes
    thread.on('error', () => {
      if (workerData.rank === 0) onNews({ unwatched: othersOf(workerData.size) });
      resolve({ thread });
    });
  });
}
