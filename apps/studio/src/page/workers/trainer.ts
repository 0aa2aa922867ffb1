/** The worker's training code: prepares, trains and verifies, and reports every event to the page. */
import type { RunEvent } from '@facewright/core';
import { executeRun, type RunFiles, type RunRequest } from './run.js';

const abort = new AbortController();

export const trainer = {
  run: (request: RunRequest, onEvent: (event: RunEvent) => void): Promise<RunFiles> =>
    executeRun(request, onEvent, abort.signal),
  /** The step in progress is finished; `run` then rejects. */
  stop: (): void => abort.abort(),
};
