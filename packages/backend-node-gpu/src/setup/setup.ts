/** `facewright setup node-gpu`: fetches TensorFlow's libraries, puts them into the cache and tries them. */
import { FacewrightError, throwIfAborted, type Emit } from '@facewright/core';
import { writeWholeDirectory } from '@facewright/platform/node';
import { mkdir, readdir, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openTensorFlowEngine } from '../engine.js';
import { missingCuda } from '../library/cuda.js';
import { NO_DRIVER, nvidiaDriver } from '../library/driver.js';
import {
  defaultCacheDirectory,
  librariesIn,
  libraryDirectory,
  setupDirectory,
  TENSORFLOW_VERSION,
  type Variant,
} from '../library/location.js';
import { checkTrainingStep } from './check.js';
import { fetchWheels } from './pip.js';
import { unpack, verifySha256 } from './unpack.js';
import { isNeeded, WHEELS, type Wheel } from './wheels.js';

export interface SetupOptions {
  /** For machines without an NVIDIA GPU: a tenth of the size. */
  readonly cpu?: boolean;
  /** For a GPU that is in another machine: fetch what it needs though there is no driver here, and try it on the processor. */
  readonly withoutDriver?: boolean;
  /** Default: `FACEWRIGHT_CACHE`, else the user's cache directory. */
  readonly cacheDirectory?: string;
  readonly emit?: Emit;
  readonly signal?: AbortSignal;
}

export interface SetupResult {
  readonly variant: Variant;
  /** All that was made; removing it undoes the set-up. */
  readonly directory: string;
  /** Of all files in it. */
  readonly bytes: number;
  /** It was there already, and works. */
  readonly alreadyThere: boolean;
  /** What the training step that was tried ran on. */
  readonly device: string;
  /** The command that undoes it. */
  readonly undo: string;
}

/** Throws a `FacewrightError` where it cannot be set up. What could not be fetched whole leaves nothing behind; what was fetched and does not work stays. Calling it again checks what is there. */
export async function setup({
  cpu = false,
  withoutDriver = false,
  cacheDirectory = defaultCacheDirectory(),
  emit,
  signal,
}: SetupOptions = {}): Promise<SetupResult> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new FacewrightError({
      what: `TensorFlow's library is set up on Linux on x86-64 only, and this is ${process.platform} on ${process.arch}.`,
      todo: 'Use another engine: "facewright doctor" lists them.',
    });
  }
  const variant: Variant = cpu ? 'cpu' : 'gpu';
  const directory = setupDirectory(variant, cacheDirectory);
  const gpu = variant === 'gpu' ? await nvidiaDriver() : undefined;
  if (variant === 'gpu' && !withoutDriver && (!gpu || gpu.problem)) {
    throw new FacewrightError({
      what: `The GPU cannot be used here: ${gpu?.problem ?? NO_DRIVER.problem}. Nothing was fetched.`,
      todo: `${gpu?.remedy ?? NO_DRIVER.remedy} For the processor: "facewright setup node-gpu --cpu". To fetch all the same, for a machine that this one is copied to: "--without-driver".`,
    });
  }
  const installed = librariesIn(libraryDirectory(directory));
  const alreadyThere = installed !== undefined;
  if (!alreadyThere) await install(variant, directory, emit, signal);
  const lacking = variant === 'gpu' ? missingCuda(libraryDirectory(directory)) : [];
  if (lacking.length > 0)
    throw new FacewrightError({
      what: `The set-up lacks ${lacking.join(', ')}.`,
      where: directory,
      todo: `Run "rm -r '${directory}'", and set it up anew.`,
    });
  const device = gpu ? 'gpu' : 'cpu';
  notice(
    emit,
    `Trying it by a training step${variant === 'gpu' && !gpu ? ' on the processor, since there is no NVIDIA driver' : ''}.`,
  );
  const engine = await openTensorFlowEngine(
    { ...librariesIn(libraryDirectory(directory))!, variant },
    { device, mode: 'function', jit: false, fuse: true, precision: 'float32', memoryGrowth: true },
  );
  try {
    await checkTrainingStep(engine);
  } finally {
    await engine.dispose();
  }
  const bytes = await sizeOf(directory);
  const undo = `rm -r '${directory}'`;
  notice(
    emit,
    `TensorFlow ${TENSORFLOW_VERSION} for the ${variant.toUpperCase()} ${alreadyThere ? 'was set up already' : 'is set up'} in ${directory} (${megabytes(bytes)}). To undo it: ${undo}`,
  );
  return { variant, directory, bytes, alreadyThere, device: engine.device, undo };
}

const README = 'README.txt';

async function install(
  variant: Variant,
  directory: string,
  emit: Emit | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { wheels, download, unpacked } = WHEELS[variant];
  const parent = dirname(directory);
  await mkdir(parent, { recursive: true });
  const { bavail, bsize } = await statfs(parent);
  // at its largest both the wheels and what is taken out of them are there
  if (bavail * bsize < download + unpacked)
    throw new FacewrightError({
      what: `TensorFlow needs ${megabytes(download + unpacked)} while it is set up, and there are ${megabytes(bavail * bsize)}.`,
      where: parent,
      todo: 'Free some, or name a directory on another disk in FACEWRIGHT_CACHE.',
    });
  await writeWholeDirectory(directory, { kind: 'set-up', marker: README }, async (aside) => {
    const downloads = join(aside, 'wheels');
    await mkdir(downloads);
    for (const [index, wheel] of wheels.entries()) {
      const about = index === 0 ? ` (about ${megabytes(download)} in all, once)` : '';
      notice(emit, `Fetching ${wheel.requirement} by pip${about}.`);
      await installWheel(wheel, downloads, aside, emit, signal);
    }
    if (!librariesIn(libraryDirectory(aside)))
      throw new FacewrightError({
        what: "The wheel does not hold TensorFlow's libraries.",
        where: wheels[0].requirement,
      });
    await rm(downloads, { recursive: true });
    await writeFile(
      join(aside, README),
      `TensorFlow ${TENSORFLOW_VERSION} (Apache 2.0) for facewright's engine node-gpu, out of the wheels ${wheels.map(({ requirement }) => requirement).join(', ')}.\nRemove this directory to undo "facewright setup node-gpu".\n`,
    );
  });
}

async function installWheel(
  { requirement, sha256 }: Wheel,
  downloads: string,
  aside: string,
  emit: Emit | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  const before = new Set(await readdir(downloads));
  await fetchWheels([requirement], downloads, signal);
  const name = (await readdir(downloads)).find((file) => file.endsWith('.whl') && !before.has(file));
  if (!name) throw new FacewrightError({ what: 'pip brought no wheel.', where: requirement });
  const path = join(downloads, name);
  await verifySha256(path, sha256);
  throwIfAborted(signal, 'setting up TensorFlow');
  notice(emit, `Unpacking ${name}.`);
  const { files } = await unpack(path, aside, isNeeded, signal);
  if (files === 0)
    throw new FacewrightError({ what: `The wheel ${name} holds none of the libraries.`, where: requirement });
  await rm(path);
}

const notice = (emit: Emit | undefined, message: string): void => emit?.('notice', { level: 'info', message });
const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6).toLocaleString('en-GB')} MB`;

async function sizeOf(directory: string): Promise<number> {
  const files = await readdir(directory, { recursive: true, withFileTypes: true });
  const sizes = await Promise.all(
    files.filter((file) => file.isFile()).map(async (file) => (await stat(join(file.parentPath, file.name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
