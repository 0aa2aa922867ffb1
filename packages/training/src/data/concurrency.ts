/** So many pieces of work at a time, the others waiting in their order. */

/** Runs `work` once fewer than `most` others run. */
export type Lanes = <T>(work: () => Promise<T>) => Promise<T>;

export function limitConcurrency(most: number): Lanes {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= most)
      await new Promise<void>((resolve) => waiting.push(resolve)); // whoever ends hands its lane over
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
