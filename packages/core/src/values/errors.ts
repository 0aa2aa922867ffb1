/** Errors for users: what is wrong, where, and what to do. They carry brands, so `instanceof` works across copies of this package. */
import { brand } from './brand.js';

export interface ErrorText {
  /** One sentence: what is wrong. */
  readonly what: string;
  /** The file, key, photo or argument that caused it. */
  readonly where?: string;
  /** What the user can do about it. */
  readonly todo?: string;
  readonly cause?: unknown;
}

/** An error that the user can act on. It is shown without a stack trace. Any other error is a bug, ours or a plugin's. */
export class FacewrightError extends Error {
  static {
    brand(this, 'FacewrightError');
  }
  readonly what: string;
  readonly where?: string;
  readonly todo?: string;

  constructor(text: ErrorText) {
    super(
      [text.what, text.where && `  where: ${text.where}`, text.todo && `  to do: ${text.todo}`]
        .filter(Boolean)
        .join('\n'),
      { cause: text.cause },
    );
    this.name = 'FacewrightError';
    this.what = text.what;
    this.where = text.where;
    this.todo = text.todo;
  }
}

/** The user stopped the work (Ctrl-C). What is written is complete. How to continue is for the command to say. */
export class Interrupted extends FacewrightError {
  static {
    brand(this, 'Interrupted');
  }

  constructor(where?: string) {
    super({ what: 'Interrupted.', where });
    this.name = 'Interrupted';
  }
}

/**
 * An engine lost its device and all data on it, for example because the driver restarted or the browser took the GPU
 * away. See `Engine.recover`. How to continue is for the command to say.
 */
export class DeviceLost extends FacewrightError {
  static {
    brand(this, 'DeviceLost');
  }

  constructor(device: string, reason: string) {
    super({ what: `${device} was lost${reason && `: ${reason}`}.` });
    this.name = 'DeviceLost';
  }
}

/** Throws `Interrupted` if the signal is aborted. Call it between units of work. */
export function throwIfAborted(signal: AbortSignal | undefined, where?: string): void {
  if (signal?.aborted) throw new Interrupted(where);
}

const TOLD = Symbol.for('facewright/told-elsewhere');

/** Marks an error that another process of the cluster shows. */
export function markToldElsewhere(error: unknown): void {
  if (typeof error === 'object' && error !== null) Object.defineProperty(error, TOLD, { value: true });
}

/** Whether another process shows this error, so that this one need not. */
export const isToldElsewhere = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && TOLD in error;

/** The message of any thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
