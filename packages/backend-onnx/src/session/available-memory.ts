/** How much memory this process can still get: what is free on the machine, or less if a container sets a limit. */
import { freemem } from 'node:os';

const SHARE = 0.8;

/** Of the whole process, in bytes: what it has, and most of what it can still get. */
export const defaultLimit = (): number => process.memoryUsage.rss() + SHARE * availableBytes();

function availableBytes(): number {
  // in Node from 20.13: free memory within the container's limit, including caches that the system would release
  const available = (process as { availableMemory?: () => number }).availableMemory?.();
  return available || freemem();
}
