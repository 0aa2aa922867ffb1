/** Work in progress, so that what it uses is closed only after it. */
export interface WorkInProgress {
  /** Remembers the work until it ends, and returns it. */
  add<T>(work: Promise<T>): Promise<T>;
  /** Resolves once everything added so far has ended, whether it succeeded or not. */
  ended(): Promise<void>;
}

export function workInProgress(): WorkInProgress {
  const running = new Set<Promise<unknown>>();
  return {
    add(work) {
      running.add(work);
      const ended = () => running.delete(work);
      work.then(ended, ended);
      return work;
    },
    ended: async () => {
      await Promise.allSettled(running);
    },
  };
}
