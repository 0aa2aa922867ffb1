/**
 * Installs libraries from pinned wheels into one directory, which appears completely or not at all. Deleting it undoes
 * the installation.
 */
import { FacewrightError, throwIfAborted, type Emit } from '@facewright/core';
import { whileLocked, writeWholeDirectory } from '@facewright/platform/node';
import { mkdir, readdir, rm, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { megabytes } from './cache.js';
import { fetchWheels } from './pip.js';
import { unpack, verifySha256 } from './unpack.js';

export interface Wheel {
  /** The package with its version, for pip. */
  readonly requirement: string;
  readonly sha256: string;
}

export interface WheelSet {
  readonly wheels: readonly Wheel[];
  /** Approximate size in bytes, to say in advance how much is downloaded and kept. */
  readonly download: number;
  readonly unpacked: number;
}

export interface Installation extends WheelSet {
  /** What is installed, in words: "TensorFlow". */
  readonly name: string;
  readonly directory: string;
  /** Whether a file is extracted from a wheel. */
  isNeeded(path: string): boolean;
  /** Whether the directory is complete. */
  isWhole(directory: string): boolean;
  /** The directory's README.txt: what it is, its license, how to undo it. */
  readonly about: string;
  readonly emit?: Emit;
  readonly signal?: AbortSignal;
}

/** How long to wait for another process that installs the same. */
const PATIENCE_MS = 15 * 60_000;
const README = 'README.txt';

/**
 * Throws a `FacewrightError` if there is not enough space, pip cannot download a wheel, or a wheel is not the pinned
 * one; then nothing is left behind. Processes that need the same installation wait for the first one.
 */
export async function installWheels(installation: Installation): Promise<void> {
  const { directory } = installation;
  await mkdir(dirname(directory), { recursive: true });
  await whileLocked(`${directory}.set-up`, { wait: PATIENCE_MS }, async () => {
    if (installation.isWhole(directory)) return;
    await requireSpace(installation);
    await writeWholeDirectory(directory, { kind: 'set-up', marker: README }, (aside) => fill(aside, installation));
  });
}

/** At the peak, both the wheels and the extracted files exist. */
async function requireSpace({ name, directory, download, unpacked }: Installation): Promise<void> {
  const parent = dirname(directory);
  const { bavail, bsize } = await statfs(parent);
  if (bavail * bsize >= download + unpacked) return;
  throw new FacewrightError({
    what: `${name} needs ${megabytes(download + unpacked)} during setup, but only ${megabytes(bavail * bsize)} are free.`,
    where: parent,
    todo: 'Free some space, or set FACEWRIGHT_CACHE to a directory on another disk.',
  });
}

async function fill(aside: string, installation: Installation): Promise<void> {
  const { name, wheels, download, emit, signal } = installation;
  const downloads = join(aside, 'wheels');
  await mkdir(downloads);
  for (const [index, wheel] of wheels.entries()) {
    const about = index === 0 ? ` (about ${megabytes(download)} in total, once)` : '';
    emit?.('notice', { level: 'info', message: `Downloading ${wheel.requirement} with pip${about}.` });
    await installWheel(wheel, downloads, aside, installation);
    throwIfAborted(signal, `setting up ${name}`);
  }
  if (!installation.isWhole(aside))
    throw new FacewrightError({ what: `The wheels do not contain all of ${name}.`, where: wheels[0].requirement });
  await rm(downloads, { recursive: true });
  const sources = wheels.map(({ requirement }) => requirement).join(', ');
  await writeFile(join(aside, README), `${installation.about}\nExtracted from the wheels ${sources}.\n`);
}

async function installWheel(
  { requirement, sha256 }: Wheel,
  downloads: string,
  aside: string,
  { name, isNeeded, emit, signal }: Installation,
): Promise<void> {
  const before = new Set(await readdir(downloads));
  await fetchWheels([requirement], downloads, { name, signal });
  const file = (await readdir(downloads)).find((entry) => entry.endsWith('.whl') && !before.has(entry));
  if (!file) throw new FacewrightError({ what: 'pip did not download a wheel.', where: requirement });
  const path = join(downloads, file);
  await verifySha256(path, sha256);
  throwIfAborted(signal, `setting up ${name}`);
  emit?.('notice', { level: 'info', message: `Unpacking ${file}.` });
  const { files } = await unpack(path, aside, isNeeded, signal);
  if (files === 0)
    throw new FacewrightError({ what: `The wheel ${file} contains none of the libraries.`, where: requirement });
  await rm(path);
}
