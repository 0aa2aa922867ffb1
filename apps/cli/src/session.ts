/**
 * Shared by all commands: the console on standard error, one JSON document or text on standard output, Ctrl-C, exit
 * codes.
 */
import { Interrupted, isToldElsewhere, messageOf, withPlugin, type EventReader } from '@facewright/core';
import { userErrorOf, whileLocked } from '@facewright/platform/node';
import { createConsole } from '@facewright/report';
import { fitted } from './fitted.js';

/** Exit code after Ctrl-C, following the shell convention: 128 + SIGINT. */
const INTERRUPTED = 130;
/** Ctrl-C, `kill`, and closing the terminal. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface SessionOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  /** The command is waiting for the user, so no spinner is shown. */
  readonly waits?: boolean;
  /** The directory that the command writes to, locked against other processes meanwhile. */
  readonly writes?: string;
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
  { json = false, quiet = false, waits = false, writes }: SessionOptions,
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
    const known = userErrorOf(error);
    if (json)
      process.stdout.write(
        `${JSON.stringify({ error: known ? { what: known.what, where: known.where, todo: known.todo } : { what: messageOf(error) } }, null, 2)}\n`,
      );
    process.stderr.write(`${known ? fitted(errorText(error), process.stderr) : errorText(error)}\n`);
    process.exitCode = known instanceof Interrupted ? INTERRUPTED : 1;
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}

/** What, where and what to do. A stack trace only for bugs of our own. */
export function errorText(error: unknown): string {
  const known = userErrorOf(error);
  if (known instanceof Interrupted) return known.message;
  if (known) return `error: ${known.message}`;
  return `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\nThis is a bug in facewright or a plugin. Please report it with the lines above.`;
}
