/** How much memory this process can still get: what is free on the machine, or less if a container sets a limit. */
import { freemem } from 'node:os';

export function availableBytes(): number {
  // in Node from 20.13: free memory within the container's limit, including caches that the system would release
  const available = (process as { availableMemory?: () => number }).availableMemory?.();
  return available || freemem();
}
