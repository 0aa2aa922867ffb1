/** What an unfinished run is doing, how far it is and how long it may take, from its latest events. */
import type { RunEvent } from '@facewright/core';
import { count, pace } from '@facewright/report';

export interface UnderWay {
  /** `Training, arcface, loss 3.21` */
  readonly task: string;
  /** Fraction of the task, 0 to 1; missing if its end is unknown. */
  readonly share?: number;
  /** `1,200 of 4,000 images` */
  readonly amount?: string;
  /** `3 min 20 s left`, `1 min 5 s to 3 min 20 s left` */
  readonly left?: string;
  /** No events for a while: stopped, killed, or in a long step. ms since the last event. */
  readonly silentFor?: number;
}

const SILENT_MS = 60_000;
const TASKS: Readonly<Record<string, string>> = {
  prepare: 'Preparing photos',
  train: 'Training',
  evaluate: 'Verifying',
  'class centres': 'Computing class centres',
};

/** `undefined` once the run is finished. `now` in ms since 1970. */
export function underWay(events: readonly RunEvent[], now: number): UnderWay | undefined {
  const last = events.at(-1);
  if (!last || last.type === 'run.finished') return undefined;
  const start = events.findLastIndex(({ type }) => type === 'run.started');
  const since = events.slice(Math.max(0, start));
  if (since.some(({ type }) => type === 'run.finished')) return undefined;
  const silence = now - last.at > SILENT_MS ? { silentFor: now - last.at } : {};
  const progress = since.findLast((event) => event.type === 'progress');
  return { ...(progress ? taskOf(progress, since) : { task: 'Starting' }), ...silence };
}

function taskOf(progress: RunEvent<'progress'>, events: readonly RunEvent[]): UnderWay {
  const { task, done, total, unit, text } = progress;
  const name = `${TASKS[task] ?? task}${text ? `: ${text}` : ''}`;
  if (!total) return { task: name, amount: `${count(done)} ${unit}` };
  const first = events.find((event) => event.type === 'progress' && event.task === task) as RunEvent<'progress'>;
  const { left } = pace(progress, first);
  return {
    task: name,
    share: Math.min(1, done / total),
    amount: `${count(done)} of ${count(total)} ${unit}`,
    ...(left !== undefined && { left }),
  };
}
