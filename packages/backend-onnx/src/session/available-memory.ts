/** How much memory this process may still have: what is free on the machine, or less where a container sets a limit. */
import { freemem } from 'node:os';

export function availableBytes(): number {
  // in Node from 20.13: free memory with the container's limit, and with caches that the system would give up
  const available = (process as { availableMemory?: () => number }).availableMemory?.();
  return available || freemem();
}
