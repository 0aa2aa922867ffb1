/** `events.jsonl`: one event per line, appended as it happens, so a kill loses at most the line being written. */
import { closeSync, existsSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { EventReader, RunEvent } from '@facewright/core';
import { readCheckedText } from '@facewright/platform/node';
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
  const whole = fresh || !existsSync(path) ? 0 : readFileSync(path).lastIndexOf(0x0a) + 1;
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

/** A string cannot be much longer. */
const MAX_BYTES = 500 << 20;

/** The events of a log, in order. */
export const readEventLog = async (path: string): Promise<RunEvent[]> =>
  parseEvents(await readCheckedText(path, { maxBytes: MAX_BYTES }), path);
