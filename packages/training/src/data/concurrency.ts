/** Limits how much work runs at the same time; the rest waits in order. */

/** Runs `work` once fewer than `most` others run. */
export type Limit = <T>(work: () => Promise<T>) => Promise<T>;

export function limitConcurrency(most: number): Limit {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= most)
      await new Promise<void>((resolve) => waiting.push(resolve)); // whoever finishes hands its place over
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
