/**
 * Shared by all commands: the console on standard error, one JSON document or text on standard output, Ctrl-C, exit
 * codes.
 */
import {
  DeviceLost,
  FacewrightError,
  Interrupted,
  isToldElsewhere,
  messageOf,
  withPlugin,
  type EventReader,
} from '@facewright/core';
import { userErrorOf, whileLocked } from '@facewright/platform/node';
import { createConsole } from '@facewright/report';
import { fitted } from './fitted.js';

/** Exit code after Ctrl-C, following the shell convention: 128 + SIGINT. */
const INTERRUPTED = 130;
/** Ctrl-C, `kill`, and closing the terminal. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** How to continue a command that was stopped or lost its device. */
const AGAIN = 'Run the same command again. It starts from the beginning.';
/** The same for a command with `--resume`. */
export const RESUME = 'Run the same command with --resume to continue where it stopped.';

export interface SessionOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  /** The command is waiting for the user, so no spinner is shown. */
  readonly waits?: boolean;
  /** The directory that the command writes to, locked against other processes meanwhile. */
  readonly writes?: string;
  /** What the user can do after the command was stopped. Default: start it again. */
  readonly again?: string;
}

export interface Session {
  readonly signal: AbortSignal;
  /** The console, as an event reader. */
  readonly onEvent: EventReader;
  /** Prints text on standard output; nothing with `--json`. */
  print(text: string): void;
}

/** The result of a command. */
export interface Outcome {
  /** The document printed by `--json`; nothing is printed if it is undefined. */
  readonly json: unknown;
  /** Default: 0. */
  readonly exitCode?: number;
}

/** Runs a command to its end and sets the process's exit code. Errors are shown, never thrown. */
export async function withSession(
  { json = false, quiet = false, waits = false, writes, again = AGAIN }: SessionOptions,
  work: (session: Session) => Promise<Outcome>,
): Promise<void> {
  const abort = new AbortController();
  const view = createConsole({ stream: process.stderr, quiet: quiet || waits });
  const onSignal = (): void => {
    if (abort.signal.aborted) process.exit(INTERRUPTED);
    view.close();
    process.stderr.write('Stopping after the current step; press Ctrl-C again to stop at once.\n');
    abort.abort();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    const session: Session = {
      signal: abort.signal,
      onEvent: view.reader,
      print: (text) => {
        view.clear();
        if (!json) process.stdout.write(`${text}\n`);
      },
    };
    const { json: document, exitCode = 0 } = await (writes === undefined
      ? work(session)
      : whileLocked(writes, { inside: true }, () => work(session)));
    view.close();
    if (json && document !== undefined) process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
    process.exitCode = exitCode;
  } catch (thrown) {
    view.close();
    // the launcher reports the exit code of the process that shows the error, and would kill it if this one failed first
    if (isToldElsewhere(thrown)) return;
    const error = withPlugin(thrown);
    const user = userErrorOf(error);
    const known = user && withAdvice(user, again);
    if (json)
      process.stdout.write(
        `${JSON.stringify({ error: known ? { what: known.what, where: known.where, todo: known.todo } : { what: messageOf(error) } }, null, 2)}\n`,
      );
    process.stderr.write(`${known ? fitted(errorText(error, again), process.stderr) : errorText(error)}\n`);
    process.exitCode = user instanceof Interrupted ? INTERRUPTED : 1;
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}

/** How sharp's own error begins where its optional package is missing. */
const NO_SHARP = 'Could not load the "sharp" module';

/** What, where and what to do. A stack trace only for bugs of our own. */
export function errorText(error: unknown, again = AGAIN): string {
  const user = userErrorOf(error);
  if (user) return `${user instanceof Interrupted ? '' : 'error: '}${withAdvice(user, again).message}`;
  if (messageOf(error).startsWith(NO_SHARP))
    return `error: sharp, which reads and writes images, has no library for ${process.platform}-${process.arch} here: npm left out optional packages.\n  to do: npm install --include=optional sharp`;
  return `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\nThis is a bug in facewright or a plugin. Please report it with the lines above.`;
}

/** A stop and a lost device do not know which command they end. */
function withAdvice(error: FacewrightError, again: string): FacewrightError {
  const ends = error instanceof Interrupted || error instanceof DeviceLost;
  if (!ends || error.todo !== undefined) return error;
  return new FacewrightError({ what: error.what, where: error.where, todo: again });
}
