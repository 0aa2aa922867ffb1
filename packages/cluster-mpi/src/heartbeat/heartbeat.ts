/** Signs of life between the processes, from a thread beside each: see beats.ts. */
import { Worker } from 'node:worker_threads';
import type { MpiCalls } from '../calls.js';
import { MOST_MISSED, type Meeting, type News } from './beats.js';
import type { FromThread, ThreadData } from './thread.js';

/** For a meeting as JSON: some dozens of addresses. */
const MEETING_BYTES = 8192;
/** The thread's last words need no longer. */
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
    const tickMs = (seconds * 1000) / MOST_MISSED;
    const own = rank === 0 ? await threadOfFirst({ rank, size, tickMs }, onNews) : undefined;
    const bytes = new Uint8Array(MEETING_BYTES);
    if (own?.meeting) new TextEncoder().encodeInto(JSON.stringify(own.meeting), bytes);
    await broadcast(bytes, flavour.byte, 0);
    if (rank === 0) return new Heartbeat(own?.thread);
    const text = new TextDecoder().decode(bytes).replaceAll('\0', '');
    if (!text) return new Heartbeat(undefined);
    return new Heartbeat(threadWith({ rank, size, tickMs, meeting: JSON.parse(text) as Meeting }, onNews));
  }

  /** Says goodbye to the others, so that nobody takes this process for lost. */
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

interface ThreadOfFirst {
  readonly thread: Worker;
  /** Missing if it cannot be reached. */
  readonly meeting?: Meeting;
}

function threadOfFirst(data: ThreadData, onNews: OnNews): Promise<ThreadOfFirst> {
  return new Promise((resolve) => {
    const unwatched = Array.from({ length: data.size - 1 }, (_, index) => index + 1);
    const thread = threadWith(data, onNews, {
      onMeeting: (meeting) => resolve({ thread, meeting }),
      onFailure: () => {
        onNews({ unwatched });
        resolve({ thread });
      },
    });
  });
}

function threadWith(
  workerData: ThreadData,
  onNews: OnNews,
  { onMeeting, onFailure }: { readonly onMeeting?: (meeting: Meeting) => void; readonly onFailure?: () => void } = {},
): Worker {
  const thread = new Worker(new URL('thread.js', import.meta.url), { workerData, execArgv: [] });
  thread.unref();
  thread.on('message', (message: FromThread) =>
    'meeting' in message ? onMeeting?.(message.meeting) : onNews(message),
  );
  // without it MPI's own means remain
  thread.on('error', () => onFailure?.());
  return thread;
}
