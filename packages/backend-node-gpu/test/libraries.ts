/** For the tests: TensorFlow's libraries, set up first in CI, otherwise used if they exist. */
import { messageOf } from '@facewright/core';
import { mkdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { findSetup, libraryDirectory, librariesIn } from '../src/library/location.js';
import { setup } from '../src/setup/setup.js';

export type Libraries = { readonly library: string } | { readonly missing: string };

/**
 * Those in the directory named by `FACEWRIGHT_TENSORFLOW`, or else those already set up. In CI they are set up if pip
 * can download them; elsewhere tests download nothing.
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

/** Test files run in parallel: one of them downloads, the others wait and find the result. */
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
