/** `events.jsonl`: one event per line, appended as it happens, so a kill loses at most the line being written. */
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { FacewrightError, type EventReader, type RunEvent } from '@facewright/core';
import { piecesOf } from '@facewright/platform/node';
import { parseEvents } from './event-lines.js';

export interface EventLog {
  readonly reader: EventReader;
  /** Flushes to disk; later events are ignored. */
  close(): void;
}

/**
 * Opens the log for appending. First removes a line torn by a kill, so that the file contains only whole lines. With
 * `fresh` it starts empty. Short tasks emit many `progress` events; only the first, the last and one per second of each
 * task are kept.
 */
export function createEventLog(path: string, { fresh = false }: { fresh?: boolean } = {}): EventLog {
  mkdirSync(dirname(path), { recursive: true });
  const whole = fresh || !existsSync(path) ? 0 : wholeLines(path);
  let file: number | undefined = openSync(path, 'a');
  ftruncateSync(file, whole);
  const lastProgress = new Map<string, number>();

  return {
    reader(event) {
      if (file === undefined) return;
      if (event.type === 'progress') {
        const last = lastProgress.get(event.task);
        if (last !== undefined && event.done !== event.total && event.at - last < 1000) return;
        lastProgress.set(event.task, event.at);
      }
      // one write per line: readers of the growing file rarely see a partial line, and a crash of this process loses
      // none
      writeSync(file, `${JSON.stringify(event)}\n`);
    },
    close() {
      if (file === undefined) return;
      fsyncSync(file);
      closeSync(file);
      file = undefined;
    },
  };
}

const NEWLINE = 0x0a;
/** Read at once to find the last newline. */
const TAIL = 1 << 16;

/** Bytes up to the end of the last whole line, found from the end: the log of a long run is large. */
function wholeLines(path: string): number {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(TAIL);
    for (let end = fstatSync(file).size; end > 0;) {
      const start = Math.max(0, end - TAIL);
      const found = readSync(file, bytes, 0, end - start, start);
      const at = bytes.subarray(0, found).lastIndexOf(NEWLINE);
      if (at >= 0) return start + at + 1;
      end = start;
    }
    return 0;
  } finally {
    closeSync(file);
  }
}

/** No event comes close to this length. */
const MAX_LINE = 64 << 20;

/** The events of a log in order, read piece by piece: it may be larger than memory. */
async function* eventsOf(path: string): AsyncGenerator<RunEvent> {
  let rest: Buffer = Buffer.alloc(0);
  let lines = 0;
  for await (const piece of piecesOf(path)) {
    const bytes = rest.length ? Buffer.concat([rest, piece]) : piece;
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    rest = bytes.subarray(end);
    if (rest.length > MAX_LINE)
      throw new FacewrightError({
        what: `${path}:${lines + 1} is not an event: it has more than ${MAX_LINE} bytes.`,
        todo: 'Use the original file from the run directory.',
      });
    yield* parseEvents(bytes.toString('utf8', 0, end), path, lines);
    for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) lines++;
  }
}

/** All events of a log. For a long run, use `readRunEvents`. */
export async function readEventLog(path: string): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of eventsOf(path)) events.push(event);
  return events;
}

/** The steps kept are at least half as many. */
const MOST_STEPS = 20_000;
/** As many as a history lists. */
const MOST_EXCLUSIONS = 2000;

/**
 * The events of a log that its report needs, in bounded memory: without progress, with evenly thinned steps once there are
 * very many (the last one stays), and with the first excluded photos of each start.
 */
export async function readRunEvents(path: string): Promise<RunEvent[]> {
  let kept: RunEvent[] = [];
  let [steps, stored, every, exclusions] = [0, 0, 1, 0];
  let passedOver: RunEvent | undefined;
  for await (const event of eventsOf(path)) {
    if (event.type === 'progress') continue;
    if (event.type === 'run.started') exclusions = 0;
    if (event.type === 'prepare.excluded' && ++exclusions > MOST_EXCLUSIONS) continue;
    if (event.type === 'train.step') {
      passedOver = steps++ % every === 0 ? undefined : event;
      if (passedOver) continue;
      stored++;
    }
    kept.push(event);
    if (stored <= MOST_STEPS) continue;
    let step = 0;
    kept = kept.filter(({ type }) => type !== 'train.step' || step++ % 2 === 0);
    stored = Math.ceil(step / 2);
    every *= 2;
  }
  return passedOver ? [...kept, passedOver] : kept;
}
