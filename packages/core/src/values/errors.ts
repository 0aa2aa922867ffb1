/** Errors for people: what is wrong, where, and what to do. They are known by brands: `instanceof` holds across copies of this package. */
import { brand } from './brand.js';

export interface ErrorText {
  /** One sentence: what is wrong. */
  readonly what: string;
  /** The file, key, photo or argument it is about. */
  readonly where?: string;
  /** The step that mends it. */
  readonly todo?: string;
  readonly cause?: unknown;
}

/** An error the user can act on; shown without a stack. Any other error is a defect of ours or of a plugin. */
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

/** A run ended by its user (Ctrl-C): what was written is whole. */
export class Interrupted extends FacewrightError {
  static {
    brand(this, 'Interrupted');
  }

  constructor(where?: string) {
    super({
      what: 'Interrupted.',
      where,
      todo: 'Run the same command with --resume to continue from the last checkpoint.',
    });
    this.name = 'Interrupted';
  }
}

/** An engine's device is gone (a driver's restart, a browser that took the GPU away), and with it what was there. See `Engine.recover`. */
export class DeviceLost extends FacewrightError {
  static {
    brand(this, 'DeviceLost');
  }

  constructor(device: string, reason: string) {
    super({
      what: `${device} was lost${reason && `: ${reason}`}.`,
      todo: 'Run the same command with --resume to continue from the last checkpoint.',
    });
    this.name = 'DeviceLost';
  }
}

/** Throws `Interrupted` once the signal is set: call it between units of work. */
export function throwIfAborted(signal: AbortSignal | undefined, where?: string): void {
  if (signal?.aborted) throw new Interrupted(where);
}

/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
