/** The package for queues is not installed with the tool, since few need it: it is loaded from here or from the working directory. */
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FacewrightError } from '@facewright/core';

const NAME = '@facewright/queue-bullmq';
type QueuePackage = typeof import('@facewright/queue-bullmq');

/** Throws a `FacewrightError` that says how to install it. */
export async function queuePackage(): Promise<QueuePackage> {
  try {
    return (await import(NAME)) as QueuePackage;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
  }
  try {
    const file = createRequire(resolve('facewright.config.js')).resolve(NAME);
    return (await import(pathToFileURL(file).href)) as QueuePackage;
  } catch (cause) {
    throw new FacewrightError({
      what: `A queue needs the package ${NAME}, which is not installed.`,
      where: '--queue',
      todo: `npm install ${NAME}`,
      cause,
    });
  }
}
