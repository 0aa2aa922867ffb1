/** What every setup of an engine's libraries takes and reports. */
import type { Emit } from '@facewright/core';

export interface SetupOptions {
  /** For a GPU in another machine: download what it needs although there is no driver here. */
  readonly withoutDriver?: boolean;
  /** Default: `FACEWRIGHT_CACHE`, or else the user's cache directory. */
  readonly cacheDirectory?: string;
  readonly emit?: Emit;
  readonly signal?: AbortSignal;
}

export interface SetupResult<Variant extends string> {
  readonly variant: Variant;
  /** Contains everything created; deleting it undoes the setup. */
  readonly directory: string;
  /** Total size of its files. */
  readonly bytes: number;
  /** Whether it already existed and works. */
  readonly alreadyThere: boolean;
  /** The device that ran the trial training step; "not tried" without a driver. */
  readonly device: string;
  /** The command that undoes it. */
  readonly undo: string;
}
