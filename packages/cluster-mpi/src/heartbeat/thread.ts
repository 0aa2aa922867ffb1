/** The thread that sends and watches signs of life, also while the main thread computes; see heartbeat.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { Hub, Spoke, type Meeting, type News } from './beats.js';

export interface ThreadData {
  readonly rank: number;
  readonly size: number;
  readonly tickMs: number;
  /** Of rank 0; missing on rank 0 itself. */
  readonly meeting?: Meeting;
}

/** To the main thread. `meeting`: from rank 0, once it can be reached; `looked`: from the others, once they have looked for it. */
export type FromThread = News | { readonly meeting: Meeting } | { readonly looked: true };

const port = parentPort!;
const { rank, size, tickMs, meeting } = workerData as ThreadData;
const tell = (message: FromThread): void => port.postMessage(message);
let stopped = false;
const opened = meeting ? Spoke.open(meeting, rank, tickMs, tell) : Hub.open(size, tickMs, tell);
port.once('message', () => {
  stopped = true;
  void opened.then((side) => side?.stop());
  port.close(); // the thread ends once its last words are sent
});
const side = await opened;
if (!stopped) tell(side instanceof Hub ? { meeting: side.meeting } : { looked: true });
