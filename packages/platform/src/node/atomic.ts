/** Atomic file writes: write to a temporary file, flush it to disk, rename it. */
import { readdirSync, rmSync, statSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { makeDirectory } from './make-directory.js';
import { isRunning, STALE_MS, thisProcess } from './process-identity.js';

/** Several pieces are written one after the other. */
export async function writeFileAtomic(path: string, data: string | Uint8Array | readonly Uint8Array[]): Promise<void> {
  const directory = dirname(resolve(path));
  await makeDirectory(directory);
  removeLeftOvers(directory);
  const aside = join(directory, partialName());
  try {
    const file = await open(aside, 'wx');
    try {
      // each goes on where the one before it ended
      for (const piece of Array.isArray(data) ? (data as Uint8Array[]) : [data as string | Uint8Array])
        await file.writeFile(piece);
      await file.sync();
    } finally {
      await file.close();
    }
    await publish(aside, path);
  } catch (error) {
    await rm(aside, { force: true });
    // the user knows the file only by its own name
    if (error instanceof Error && 'syscall' in error) Object.assign(error, { path });
    throw error;
  }
}

/**
 * Renames a finished file or directory into place and flushes its parent, so that the name survives a power failure.
 */
export async function publish(aside: string, path: string): Promise<void> {
  await rename(aside, path);
  const parent = await open(dirname(path), 'r').catch(() => undefined); // Windows cannot open a directory
  await parent?.sync().catch(() => undefined);
  await parent?.close();
}

let count = 0;

/**
 * Contains the owner's identity, so another process can tell leftovers of a killed process from a file being written.
 */
function partialName(): string {
  const { machine, pid, started } = thisProcess();
  return `.facewright-${machine}-${pid}-${started.replace(/\D/g, '')}-${count++}.partial`;
}

const PARTIAL = /^\.facewright-([0-9a-f]{12})-(\d+)-(\d*)-\d+\.partial$/;
const looked = new Set<string>();

/** Removes files that killed processes were writing. Runs once for each directory that this process writes to. */
function removeLeftOvers(directory: string): void {
  if (looked.has(directory)) return;
  looked.add(directory);
  for (const name of readdirSync(directory)) {
    const [, machine, pid, started] = PARTIAL.exec(name) ?? [];
    if (machine === undefined) continue;
    const path = join(directory, name);
    const running = isRunning({ machine, pid: Number(pid), started });
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Infinity);
    if (running === false || (running === undefined && age > STALE_MS)) rmSync(path, { force: true });
  }
}
