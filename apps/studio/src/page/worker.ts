/** Starts a worker, and notices when it breaks. */
import { wrap, type Remote } from 'comlink';
import type { Work } from './workers/worker.js';

export interface OpenWorker {
  readonly work: Remote<Work>;
  /** Rejects when the worker cannot be started or dies; never resolves. */
  readonly broken: Promise<never>;
  close(): void;
}

export function openWorker(): OpenWorker {
  const worker = new Worker(new URL('./workers/worker.ts', import.meta.url), { type: 'module' });
  const broken = new Promise<never>((_, reject) =>
    worker.addEventListener('error', (event) => reject(new Error(event.message || 'The worker failed to start.'))),
  );
  broken.catch(() => undefined); // pending calls reject
  return { work: wrap<Work>(worker), broken, close: () => worker.terminate() };
}
