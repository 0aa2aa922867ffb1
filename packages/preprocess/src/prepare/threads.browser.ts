/**
 * In a browser the preparation runs in the thread that calls it, which should be a worker of the page, and hands its images to the writer as
 * pixels: there are no threads of Node to start and no encoders.
 */
import { FacewrightError } from '@facewright/core';
import type * as node from './threads.js';

const missing = (what: string, todo: string) => (): never => {
  throw new FacewrightError({ what: `Browsers have no ${what}.`, todo });
};

export const openWorkers: typeof node.openWorkers = missing(
  'Node worker threads',
  'Prepare without the option "workers".',
);
export const encodingFor: typeof node.encodingFor = missing(
  'image encoder for dataset directories',
  'Use a writer that takes pixels (`add`).',
);
export const outcomeEncoder: typeof node.outcomeEncoder = encodingFor as never;
