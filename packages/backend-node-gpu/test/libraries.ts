/** For the tests: TensorFlow's libraries, set up on the way in CI, else used where they are. */
import { messageOf } from '@facewright/core';
import { mkdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { findSetup, libraryDirectory, librariesIn } from '../src/library/location.js';
import { setup } from '../src/setup/setup.js';

export type Libraries = { readonly library: string } | { readonly missing: string };

/**
 * Those in the directory that `FACEWRIGHT_TENSORFLOW` names, else those that were set up. In CI they are set up, where pip can have them;
 * elsewhere nothing is fetched for a test.
 */
export async function libraries(): Promise<Libraries> {
  const named = process.env.FACEWRIGHT_TENSORFLOW;
  const here = named ? librariesIn(named) : findSetup(['cpu', 'gpu']);
  if (here) return { library: here.directory };
  if (named || !process.env.CI)
    return {
      missing: named
        ? `no TensorFlow in ${named}`
        : 'TensorFlow is not set up; "facewright setup node-gpu --cpu" does it',
    };
  try {
    return await inTurn(async () => ({
      library: libraryDirectory((await setup({ cpu: true, signal: AbortSignal.timeout(120_000) })).directory),
    }));
  } catch (error) {
    return { missing: messageOf(error).split('\n')[0] };
  }
}

const LOCK = join(tmpdir(), 'facewright-tests-set-tensorflow-up');
const STALE_MS = 180_000;

/** Test files run side by side: one of them fetches, the others wait and find it. */
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  while (
    !(await mkdir(LOCK).then(
      () => true,
      () => false,
    ))
  ) {
    const { mtimeMs } = await stat(LOCK).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > STALE_MS) await rm(LOCK, { recursive: true, force: true });
    await wait(500);
  }
  try {
    return await work();
  } finally {
    await rm(LOCK, { recursive: true, force: true });
  }
}
