/** `createRun` with the built-in parts. */
import { createRun as createRunOf, type Run, type RunOptions as AllOptions } from '@facewright/run';
import { builtins } from './builtins.js';

export type RunOptions = Omit<AllOptions, 'builtins'>;

/**
 * Validates the config, resolves every part and prepares the run directory. Throws a `FacewrightError` for anything the
 * user can fix.
 */
export const createRun = (options: RunOptions = {}): Promise<Run> => createRunOf({ ...options, builtins });
