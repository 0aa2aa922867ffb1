/**
 * How BullMQ connects: it goes on trying, since Redis may be restarted while parts are in work. With `stops`, only until the
 * process is to stop: what was sent then fails, rather than keeping it waiting.
 */
import type { ConnectionOptions } from 'bullmq';
import type { QueueAddress } from './address.js';

const LONGEST_WAIT_MS = 1_000;

export const connectionOf = ({ options }: QueueAddress, stops: () => boolean = () => false): ConnectionOptions => ({
  ...options,
  maxRetriesPerRequest: null,
  retryStrategy: (times) => (stops() ? null : Math.min(LONGEST_WAIT_MS, times * 100)),
});
