/** What stands in the queue. */
import { createHash } from 'node:crypto';

/** Name of the queue in Redis, under the prefix. */
export const QUEUE = 'parts';
export const PREFIX = 'facewright';

/** `preparation` is what a worker needs to know of the whole, as JSON. */
export interface PartJob {
  readonly preparation: unknown;
  readonly number: number;
  readonly of: number;
}

export interface PartState {
  readonly done: number;
  readonly total: number;
  /** The machine that works on it. */
  readonly by: string;
}

/** The same part of the same preparation always has the same name, so it is never in the queue twice. */
export const jobName = ({ preparation, number, of }: PartJob): string =>
  `${createHash('sha256').update(JSON.stringify(preparation)).digest('hex').slice(0, 16)}-${number}-of-${of}`;
