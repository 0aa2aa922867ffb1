/** Number of threads to use: one per physical core available to this process. */
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
    // not Linux, or not reported: every logical core
    return available;
  }
}
