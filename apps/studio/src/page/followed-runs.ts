/**
 * The runs in the server's directory, followed as they grow: a run of the command-line tool appears here while it
 * trains.
 */
import type { RunEvent } from '@facewright/core';
import { parseEvents } from '@facewright/report';
import { extrasOf } from './extras.js';
import { bytesAt, get, textAt } from './server.js';
import { runOf, state } from './state.js';

interface ServedRun {
  readonly name: string;
  /** URLs relative to the page. */
  readonly events: string;
  /** Size of the event log in bytes. */
  readonly size: number;
  readonly report?: string;
  readonly metrics?: string;
  readonly model?: { readonly card: string; readonly weights: string };
}

/** How far a run's log has been read. */
interface Followed {
  events: readonly RunEvent[];
  /** Bytes in complete lines. */
  offset: number;
  size: number;
  etag: string;
  hasModel: boolean;
}

/** Polling interval in ms while a run is in progress; and otherwise. */
const OFTEN = 2000;
const SELDOM = 5000;

const followed = new Map<string, Followed>();

/**
 * Starts polling for the server's runs. Resolves after the first poll with their number; a page from another server has
 * none.
 */
export async function followRuns(): Promise<number> {
  const first = await look();
  if (first !== undefined) void again();
  return first ?? 0;
}

async function again(): Promise<never> {
  for (;;) {
    const going = [...followed.values()].some(({ events }) => events.at(-1)?.type !== 'run.finished');
    await new Promise((resolve) => setTimeout(resolve, going ? OFTEN : SELDOM));
    // the page stays as it is if the server has ended
    if (!document.hidden) await look().catch(() => undefined);
  }
}

async function look(): Promise<number | undefined> {
  const answer = await fetch('api/runs').catch(() => undefined);
  if (!answer?.ok || !answer.headers.get('content-type')?.includes('json')) return undefined;
  const runs = (await answer.json()) as ServedRun[];
  for (const run of runs) await takeNews(run);
  return runs.length;
}

async function takeNews(served: ServedRun): Promise<void> {
  const before = followed.get(served.name);
  const hasModel = served.model !== undefined;
  if (before && before.size === served.size && before.hasModel === hasModel) return;
  const now = await readOn(served, before);
  followed.set(served.name, { ...now, hasModel });
  const run = runOf(served.name, now.events, () =>
    extrasOf({
      ...(served.report && { report: () => textAt(served.report!) }),
      ...(served.metrics && { metrics: () => textAt(served.metrics!) }),
    }),
  );
  state.addRun(run);
  const { model } = served;
  if (model)
    state.addModel({
      name: `${served.name}/model`,
      run,
      bytes: async () => ({ card: await bytesAt(model.card), weights: await bytesAt(model.weights) }),
    });
}

/** The events including new ones. A log that was restarted is read from the beginning. */
async function readOn(served: ServedRun, before?: Followed): Promise<Omit<Followed, 'hasModel'>> {
  const answer = await get(
    served.events,
    before && { range: `bytes=${before.offset}-`, 'if-range': before.etag || '"none"' },
  );
  if (answer.status === 416) {
    // same length or shorter: it lost its last line
    return before && before.offset <= served.size ? { ...before, size: served.size } : readOn(served);
  }
  const goesOn = before && answer.status === 206;
  const bytes = new Uint8Array(await answer.arrayBuffer());
  const whole = bytes.lastIndexOf(0x0a) + 1;
  const events = parseEvents(new TextDecoder().decode(bytes.subarray(0, whole)), served.events);
  return {
    events: goesOn ? [...before.events, ...events] : events,
    offset: (goesOn ? before.offset : 0) + whole,
    size: served.size,
    etag: answer.headers.get('etag') ?? '',
  };
}
