/** How many threads to use: one for each physical core this process may run on. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

export function physicalCores(): number {
  const available = availableParallelism();
  try {
    const siblings = Array.from({ length: available }, (_, cpu) =>
      readFileSync(`/sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`, 'utf8'),
    );
    return new Set(siblings).size;
  } catch {
    // not Linux, or not told: every logical core
    return available;
  }
}
