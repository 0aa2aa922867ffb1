/**
 * Shared by all commands: the console on standard error, one JSON document or text on standard output, Ctrl-C, exit
 * codes.
 */
import { isToldElsewhere, withPlugin, type EventReader } from '@facewright/core';
import { whileLocked } from '@facewright/platform/node';
import { createConsole } from '@facewright/report';
import { fitted } from './fitted.js';
import { INTERRUPTED, shownError } from './shown-error.js';

/** Ctrl-C, `kill`, and closing the terminal. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** How to continue a command with `--resume` that was stopped or lost its device. */
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
  { json = false, quiet = false, waits = false, writes, again }: SessionOptions,
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
    const { document, text, isBug, exitCode } = shownError(withPlugin(thrown), again);
    if (json) process.stdout.write(`${JSON.stringify({ error: document }, null, 2)}\n`);
    process.stderr.write(`${isBug ? text : fitted(text, process.stderr)}\n`);
    process.exitCode = exitCode;
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}
