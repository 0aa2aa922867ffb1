/** How BullMQ connects: it goes on trying for ever, since Redis may be restarted while parts are in work. */
import type { ConnectionOptions } from 'bullmq';
import type { QueueAddress } from './address.js';

const LONGEST_WAIT_MS = 1_000;

export const connectionOf = ({ options }: QueueAddress): ConnectionOptions => ({
  ...options,
  maxRetriesPerRequest: null,
  retryStrategy: (times) => Math.min(LONGEST_WAIT_MS, times * 100),
});
