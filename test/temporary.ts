/** One directory for all temporary files of a project's tests, deleted when they are done. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

/** On Linux, a file system in memory. */
const MEMORY = '/dev/shm';
/** The fast tests take less at any time. */
const ENOUGH = 2 ** 30;

/** For tests that may need much room: on the disk. */
export default function setup(project: TestProject): () => void {
  return directoryIn(tmpdir(), project);
}

/**
 * For the fast tests: in memory where there is room. They write thousands of small files that all are flushed to the
 * disk, and would wait for that half of their time.
 */
export const inMemory = (project: TestProject): (() => void) =>
  directoryIn(isUsable(MEMORY) ? MEMORY : tmpdir(), project);

function directoryIn(parent: string, project: TestProject): () => void {
  const directory = mkdtempSync(join(parent, 'facewright-tests-'));
  chmodSync(directory, 0o755); // for code that runs as another user
  project.config.env = { ...project.config.env, TMPDIR: directory, TEMP: directory, TMP: directory };
  return () => rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
}

/** Whether there is room, and programs can be started there: containers often allow neither. */
function isUsable(parent: string): boolean {
  let directory: string | undefined;
  try {
    const { bavail, bsize } = statfsSync(parent);
    if (bavail * bsize < ENOUGH) return false;
    directory = mkdtempSync(join(parent, 'facewright-tests-'));
    const program = join(directory, 'program');
    writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 });
    execFileSync(program);
    return true;
  } catch {
    return false;
  } finally {
    if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
  }
}
