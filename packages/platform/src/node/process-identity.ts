/**
 * Identifies a process, and tells whether it still runs. A pid is not enough: it is eventually reused, and in another
 * container it belongs to a different process. So the record also has the machine and the start time of the process.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

export interface ProcessIdentity {
  readonly pid: number;
  /** When the process started, in the system's own format; empty if the system does not report it. */
  readonly started: string;
  /** Processes with the same `machine` share their pids: same host, same boot, same pid namespace. Hexadecimal. */
  readonly machine: string;
}

/** If a process on another machine has not touched its file for this long, it counts as left behind. */
export const STALE_MS = 10 * 60_000;

let self: ProcessIdentity | undefined;

export const thisProcess = (): ProcessIdentity =>
  (self ??= { pid: process.pid, started: startOf(process.pid) ?? '', machine: machineHash() });

/** `undefined` if it cannot be determined from here, because the process is (or was) on another machine. */
export function isRunning({ pid, started, machine }: ProcessIdentity): boolean | undefined {
  if (machine !== thisProcess().machine) return undefined;
  const now = startOf(pid);
  if (now === undefined) return false;
  return now === '' || started === '' || now === started;
}

function machineHash(): string {
  const known = [hostname(), textOf(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'))];
  const namespace = textOf(() => readlinkSync('/proc/self/ns/pid'));
  return createHash('sha256')
    .update(JSON.stringify([...known, namespace]))
    .digest('hex')
    .slice(0, 12);
}

/** `undefined` if there is no such process; empty if it exists but its start time is unknown. */
function startOf(pid: number): string | undefined {
  if (!exists(pid)) return undefined;
  if (process.platform === 'linux') {
    const stat = textOf(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
    // the name in parentheses may contain anything, even parentheses; after it come the state and, 19 fields later, the
    // start time
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' || state === 'X' ? undefined : (fields[18] ?? '');
  }
  if (process.platform === 'win32') return '';
  return textOf(() =>
    execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  ).trim();
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function textOf(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
