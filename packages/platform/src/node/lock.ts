/**
 * Only one process at a time writes to a directory. Its lock is a file that names the owner: `<directory>.lock` next to
 * a directory that is replaced as a whole, `.facewright.lock` inside one that is written in place. It is removed when
 * the work ends, even by an error or a signal. After `kill -9` it stays; the next process sees that the owner is gone
 * and takes over.
 *
 * Locking is free of races. A lock appears together with its content, through a hard link to a finished file, which
 * fails if the name is taken. A stale lock is only replaced by the holder of the guard `<lock>.<id>`, itself a lock,
 * named after exactly this stale lock: since ids are never reused, it cannot refer to a later one. If a guard's owner
 * is killed, the guard is taken over in the same way.
 *
 * proper-lockfile and similar packages do not record the owner, so they can neither name it nor notice before a timeout
 * that it is dead.
 */
import { randomBytes } from 'node:crypto';
import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { brand, FacewrightError } from '@facewright/core';
import { isRunning, STALE_MS, thisProcess, type ProcessIdentity } from './process-identity.js';

/** How often the owner touches its lock, for processes on other machines. */
const HEARTBEAT_MS = 15_000;
/** A lock without readable content is either being written on a disk without hard links, or damaged. */
const UNREADABLE_MS = 60_000;
/** How long to wait for a process that is taking over a stale lock. */
const TAKE_OVER_MS = 5_000;

export interface Lock {
  /** Throws a `FacewrightError` if another process has taken over the lock. Call it before replacing anything. */
  requireHeld(): void;
  /** Further calls do nothing. */
  release(): void;
}

/** Another process, or another run in this one, is writing to the directory. */
export class DirectoryTaken extends FacewrightError {
  static {
    brand(this, 'DirectoryTaken');
  }
}

export interface LockOptions {
  /**
   * Put the lock inside the directory, which is written in place (created if missing, and removed if it stays empty);
   * otherwise next to it.
   */
  readonly inside?: boolean;
  /** How long to wait for another process, in ms; default 0. */
  readonly wait?: number;
}

interface Owner extends ProcessIdentity {
  /** Identifies this acquisition of the lock; never reused. Hexadecimal. */
  readonly id: string;
  readonly host: string;
  readonly command: string;
  /** ISO 8601. */
  readonly since: string;
}

/** The result of `readOwner` if the owner is unknown. */
type Unknown = Pick<Owner, 'id'>;

const INSIDE = '.facewright.lock';
/** Guards, and owner files that were not linked yet. */
const SIDE_FILE = /^[0-9a-f]{16}(\.[0-9a-f]{16})*(\.new)?$/;

/** Keyed by lock file. */
const held = new Map<string, { readonly directory: string; readonly release: () => void }>();
const releaseAll = (): void => held.forEach(({ release }) => release());

let lastReleased: string | undefined;

/** Directories this process is writing to, or else the last one it wrote to: for system errors without a path. */
export const lockedDirectories = (): string[] =>
  held.size === 0 ? [lastReleased ?? []].flat() : [...new Set([...held.values()].map(({ directory }) => directory))];

/**
 * Throws a `FacewrightError` at once (or after `wait`) if another process, or another run in this one, is writing
 * there.
 */
export async function lockDirectory(path: string, { inside = false, wait = 0 }: LockOptions = {}): Promise<Lock> {
  const directory = canonicalPath(path);
  const file = inside ? join(directory, INSIDE) : `${directory}.lock`;
  const made = mkdirSync(dirname(file), { recursive: true }) !== undefined;
  const until = Date.now() + wait;
  for (;;) {
    const mine = newOwner();
    const other = await take(file, mine);
    if (!other) return holding(directory, file, mine, made && inside);
    if (Date.now() >= until) throw heldBy(other, directory, file);
    await sleep(Math.min(100, wait));
  }
}

/** Holds the lock while the work is done. */
export async function whileLocked<T>(path: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  const lock = await lockDirectory(path, options);
  try {
    return await work();
  } finally {
    lock.release();
  }
}

/**
 * One canonical name for all names of a directory, following links. The directory need not exist; its parent is
 * created.
 */
export function canonicalPath(path: string): string {
  const full = resolve(path);
  mkdirSync(dirname(full), { recursive: true });
  try {
    return realpathSync(full);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return join(realpathSync(dirname(full)), basename(full));
  }
}

function holding(directory: string, file: string, mine: Owner, made: boolean): Lock {
  const isMine = (): boolean => readOwner(file)?.id === mine.id;
  // rewritten rather than touched, so that the time comes from the disk's own clock
  const heartbeat = setInterval(() => {
    try {
      if (isMine()) writeFileSync(file, textOf(mine), { flag: 'r+' });
    } catch {
      // the disk may be away for a moment; `requireHeld` checks again
    }
  }, HEARTBEAT_MS).unref();
  const release = (): void => {
    if (!held.delete(file)) return;
    lastReleased = directory;
    clearInterval(heartbeat);
    try {
      if (isMine()) rmSync(file, { force: true });
      if (made) rmdirSync(directory);
    } catch {
      // the directory is not empty, or the disk is away; a lock left behind becomes stale when this process ends
    }
  };
  if (held.size === 0) process.on('exit', releaseAll);
  held.set(file, { directory, release });
  sweep(file);
  return {
    requireHeld: () => {
      if (isMine()) return;
      throw new FacewrightError({
        what: 'Another process has taken over this directory because this one did not respond for too long.',
        where: directory,
        todo: 'Run the command again when the other one has finished.',
      });
    },
    release: () => {
      release();
      if (held.size === 0) process.off('exit', releaseAll);
    },
  };
}

/** Takes the lock; returns the owner if someone else has it. */
async function take(file: string, mine: Owner): Promise<Owner | Unknown | undefined> {
  const finished = `${file}.${mine.id}.new`;
  try {
    writeFileSync(finished, textOf(mine), { flag: 'wx' });
    const now = statSync(finished).mtimeMs;
    for (const until = Date.now() + TAKE_OVER_MS; ;) {
      if (appears(finished, file, mine)) return undefined;
      const found = readOwner(file);
      if (!found) continue; // released in the meantime
      if (!isStale(found, file, now)) {
        if ('pid' in found || Date.now() > until) return found;
        await sleep(20);
        continue;
      }
      if (await takeOver(file, found, finished)) return undefined;
      if (Date.now() > until) return found;
      await sleep(5);
    }
  } catch (error) {
    // on a full disk the write fails without naming a path
    if (error instanceof Error && 'syscall' in error) Object.assign(error, { path: dirname(file) });
    throw error;
  } finally {
    rmSync(finished, { force: true });
  }
}

/** Replaces this particular stale lock with the finished file. */
async function takeOver(file: string, stale: Owner | Unknown, finished: string): Promise<boolean> {
  const guard = `${file}.${stale.id}`;
  const owner = newOwner();
  if (await take(guard, owner)) return false;
  try {
    // only the guard's holder replaces this lock and its owner is gone, so what we see here will not change
    if (readOwner(file)?.id !== stale.id) return false;
    renameSync(finished, file);
    return true;
  } finally {
    if (readOwner(guard)?.id === owner.id) rmSync(guard, { force: true });
  }
}

const WITHOUT_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EACCES', 'EMLINK'];

function appears(finished: string, file: string, mine: Owner): boolean {
  try {
    linkSync(finished, file);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (!WITHOUT_LINKS.includes(code!)) throw error;
  }
  try {
    writeFileSync(file, textOf(mine), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function isStale(owner: Owner | Unknown, file: string, now: number): boolean {
  const running = 'pid' in owner ? isRunning(owner) : undefined;
  if (running !== undefined) return !running;
  return age(file, now) > ('pid' in owner ? STALE_MS : UNREADABLE_MS);
}

const age = (file: string, now: number): number => now - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? now);

const newOwner = (): Owner => ({
  ...thisProcess(),
  id: randomBytes(8).toString('hex'),
  host: hostname(),
  command: commandName(process.argv),
  since: new Date().toISOString(),
});

/** Only the tool's command; the paths that follow it are private. */
const commandName = ([, program = '', command = '']: readonly string[]): string =>
  /^facewright(\.js)?$/.test(basename(program)) && /^[a-z]+$/.test(command) ? `facewright ${command}` : '';

const textOf = (owner: Owner): string => `${JSON.stringify(owner)}\n`;

/** `undefined` if there is no lock. */
function readOwner(file: string): Owner | Unknown | undefined {
  try {
    const text = readFileSync(file, 'utf8');
    const owner = parsed(text);
    return owner ?? { id: idOfDamaged(file) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function parsed(text: string): Owner | undefined {
  try {
    const { id, pid, started, machine, host, command, since } = JSON.parse(text) as Owner;
    const whole = [started, machine, host, command, since].every((value) => typeof value === 'string');
    if (!whole || !Number.isSafeInteger(pid) || pid < 1 || !/^[0-9a-f]{16}$/.test(id)) return undefined;
    return { id, pid, started, machine, host, command, since };
  } catch {
    return undefined;
  }
}

/** Identifies this file at this time; a different file in its place has a different id. */
function idOfDamaged(file: string): string {
  const { ino, mtimeMs } = statSync(file);
  return (BigInt(ino) * 1_000_003n + BigInt(Math.round(mtimeMs * 1000))).toString(16).padStart(16, '0').slice(-16);
}

/** Removes what killed processes left next to the lock: guards, and owner files that were never linked. */
function sweep(file: string): void {
  const directory = dirname(file);
  const start = `${basename(file)}.`;
  for (const name of readdirSync(directory)) {
    if (!name.startsWith(start) || !SIDE_FILE.test(name.slice(start.length))) continue;
    const path = join(directory, name);
    try {
      const owner = readOwner(path);
      if (owner && isStale(owner, path, Date.now())) rmSync(path, { force: true });
    } catch {
      // already gone
    }
  }
}

function heldBy(owner: Owner | Unknown, directory: string, file: string): FacewrightError {
  if (!('pid' in owner))
    return new DirectoryTaken({
      what: 'Another process seems to be writing here, but its lock file cannot be read.',
      where: file,
      todo: `Try again in a minute. If nothing else is writing there, delete this file.`,
    });
  const { pid, host, machine, command, since } = owner;
  const here = machine === thisProcess().machine;
  if (here && pid === process.pid)
    return new DirectoryTaken({
      what: 'This process is already writing here.',
      where: directory,
      todo: 'Wait for it to finish, or choose another directory.',
    });
  return new DirectoryTaken({
    what: `Another process is writing here: ${command && `${command}, `}process ${pid}${here ? '' : ` on ${host}`}, since ${since}.`,
    where: directory,
    todo: here
      ? `Wait for it to finish, stop it with "kill ${pid}", or choose another directory.`
      : `Wait for it to finish, stop it there, or choose another directory. If it has died, its lock expires ${STALE_MS / 60_000} minutes after its last update.`,
  });
}
