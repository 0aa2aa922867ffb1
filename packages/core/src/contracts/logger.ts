/** Consumes a run's events, for example to write them in the format of another tool. */
import type { EventReader } from '../values/events.js';

export interface OpenLogger {
  readonly reader: EventReader;
  /** Flushes. Later events are ignored. */
  close(): void | Promise<void>;
}

export interface Logger {
  /**
   * Called once, before the run's first event. `directory` is the run directory; keep what an interrupted run left
   * there.
   */
  open(directory: string): OpenLogger;
}
