/** Limits how much work runs concurrently; the rest waits in order. */

/** Runs `work` once fewer than `most` others are running. */
export type Limit = <T>(work: () => Promise<T>) => Promise<T>;

export function limitConcurrency(most: number): Limit {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= most)
      await new Promise<void>((resolve) => waiting.push(resolve)); // a finished task passes its place on
    else running++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}
