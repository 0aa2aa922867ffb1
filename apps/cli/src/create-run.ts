/** `createRun` with the built-in parts. */
import { createRun as createRunOf, type Run, type RunOptions as AllOptions } from '@facewright/run';
import { builtins } from './builtins.js';

export type RunOptions = Omit<AllOptions, 'builtins'>;

/** Checks the config, looks up every part and makes the run's directory ready. Throws a `FacewrightError` for anything the user can mend. */
export const createRun = (options: RunOptions = {}): Promise<Run> => createRunOf({ ...options, builtins });
