/** A queue of parts, on BullMQ with Redis or Valkey. */
export { fillQueue, type FillOptions, type FilledQueue, type PartsProgress } from './fill.js';
export { serveQueue, type PartWork, type ServeOptions } from './serve.js';
export { queueAddress, type QueueAddress } from './address.js';
export type { PartJob } from './job.js';
