/** How an error is told to a person: what, where and what to do. Only a bug of our own comes with a stack trace. */
import { DeviceLost, FacewrightError, Interrupted, messageOf, type ErrorText } from '@facewright/core';
import { userErrorOf } from '@facewright/platform/node';

/** Exit code after Ctrl-C, following the shell convention: 128 + SIGINT. */
export const INTERRUPTED = 130;

/** How to continue a command that was stopped or lost its device. */
const AGAIN = 'Run the same command again. It starts from the beginning.';

export interface ShownError {
  /** For `--json`. */
  readonly document: Omit<ErrorText, 'cause'>;
  readonly text: string;
  readonly isBug: boolean;
  readonly exitCode: number;
}

/** `again`: how to continue after a stop or a lost device, which do not know what command they end. */
export function shownError(error: unknown, again = AGAIN): ShownError {
  const known = userErrorOf(error) ?? withoutSharp(error);
  if (!known) return { document: { what: messageOf(error) }, text: bugText(error), isBug: true, exitCode: 1 };
  const ends = known instanceof Interrupted || known instanceof DeviceLost;
  const { what, where, todo = ends ? again : undefined } = known;
  const stopped = known instanceof Interrupted;
  return {
    document: { what, where, todo },
    text: `${stopped ? '' : 'error: '}${new FacewrightError({ what, where, todo }).message}`,
    isBug: false,
    exitCode: stopped ? INTERRUPTED : 1,
  };
}

const bugText = (error: unknown): string =>
  `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\nThis is a bug in facewright or a plugin. Please report it with the lines above.`;

/** How sharp's own error begins where the package with its library is missing or does not load. */
const NO_LIBRARY = 'Could not load the "sharp" module';

/** sharp is loaded when the first image is read or written. Its own advice fills a screen. */
function withoutSharp(error: unknown): FacewrightError | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++)
    if (at.message.startsWith(NO_LIBRARY))
      return new FacewrightError({
        what: `sharp, which reads and writes images, has no library for ${process.platform}-${process.arch} here: npm left out optional packages.`,
        todo: MEND_SHARP,
        cause: error,
      });
  return undefined;
}

export const MEND_SHARP = 'npm install --include=optional sharp';
