/**
 * In a browser the preparation runs in the thread that calls it, which should be a worker of the page, and hands its images to the writer as
 * pixels: there are no threads of Node to start and no encoders.
 */
import { FacewrightError } from '@facewright/core';
import type * as node from './threads.js';

const missing = (what: string, todo: string) => (): never => {
  throw new FacewrightError({ what: `A browser has no ${what}.`, todo });
};

export const openWorkers: typeof node.openWorkers = missing(
  'worker threads of Node',
  'Prepare without the option "workers".',
);
export const encodingFor: typeof node.encodingFor = missing(
  'encoder that a dataset directory could be written with',
  'Give a writer that takes pixels (`add`).',
);
export const outcomeEncoder: typeof node.outcomeEncoder = encodingFor as never;
