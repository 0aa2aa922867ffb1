/**
 * In a browser, preparation runs in the calling thread, which should be a worker of the page, and passes pixels to the
 * writer: there are no Node threads to start and no encoders.
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
