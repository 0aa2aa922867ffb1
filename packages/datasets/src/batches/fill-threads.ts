/** The threads that decode images into shared memory: those of a batch reader and of a batch decoder. */
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import type { FillData, FillTask } from './fill.js';

const MOST_THREADS = 8;

export interface FillThreads {
  /** Resolves with the batch positions of the images that could not be read. `held` is moved to the thread. */
  run(task: FillTask): Promise<number[]>;
  /** Ends the threads; no task may be in progress. */
  close(): Promise<void>;
}

/** One fewer than the processor has. */
export const defaultThreads = (): number => Math.min(MOST_THREADS, Math.max(1, availableParallelism() - 1));

export function openFillThreads(threads: number, workerData: FillData): FillThreads {
  const pool = new Piscina<FillTask, number[]>({
    // the compiled file, also where the sources run: Node itself loads it in the new thread
    filename: createRequire(import.meta.url).resolve('@facewright/datasets/worker'),
    minThreads: threads,
    maxThreads: threads,
    idleTimeout: Infinity,
    workerData,
    execArgv: [], // export conditions for running from source do not apply to the compiled file
  });
  return {
    run: (task) => pool.run(task, { transferList: [task.held.buffer as ArrayBuffer] }),
    close: () => pool.close({ force: true }),
  };
}
