/** Records a training's events for tests, and interrupts it at a step. */
import { createEventStream, type Emit, type EventType, type RunEvent } from '@facewright/core';

export interface Recorded {
  readonly events: RunEvent[];
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

/** `signal` is aborted once step `abortAt` is done. */
export function recorded(abortAt?: number): Recorded {
  const stream = createEventStream();
  const abort = new AbortController();
  const events: RunEvent[] = [];
  stream.subscribe((event) => {
    events.push(event);
    if (event.type === 'train.step' && event.step === abortAt) abort.abort();
  });
  return { events, emit: stream.emit, signal: abort.signal };
}

export const of = <T extends EventType>(events: readonly RunEvent[], type: T): RunEvent<T>[] =>
  events.filter((event) => event.type === type) as unknown as RunEvent<T>[];
