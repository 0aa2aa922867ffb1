/** `facewright setup xla`: downloads a plugin and its libraries into the cache and tries them. */
import { FacewrightError, type Emit } from '@facewright/core';
import {
  checkTrainingStep,
  defaultCacheDirectory,
  directorySize,
  installWheels,
  megabytes,
  type SetupOptions as WheelSetupOptions,
  type SetupResult as WheelSetupResult,
} from '@facewright/native-libraries';
import { join } from 'node:path';
import { problemOf, type Problem } from '../discovery/accelerator.js';
import { pluginsIn } from '../discovery/find.js';
import type { FoundPlugin } from '../discovery/known.js';
import { openXlaEngine } from '../engine.js';
import { isNeeded, VARIANTS, WHEELS, type Variant } from './wheels.js';

export interface SetupOptions extends WheelSetupOptions {
  readonly variant: Variant;
}

export interface SetupResult extends WheelSetupResult<Variant> {
  /** The plugin's library. */
  readonly plugin: string;
}

const NAMES: Readonly<Record<Variant, string>> = {
  cuda13: "XLA's plugin for CUDA 13",
  cuda12: "XLA's plugin for CUDA 12",
  rocm: "XLA's plugin for ROCm 7",
  cpu: "XLA's plugin for the CPU",
};

const kindFor = (variant: Variant): Pick<FoundPlugin, 'kind' | 'cuda'> => {
  if (variant === 'cuda13') return { kind: 'cuda', cuda: 13 };
  if (variant === 'cuda12') return { kind: 'cuda', cuda: 12 };
  return { kind: variant };
};

/**
 * Throws a `FacewrightError` if the setup fails. An incomplete download leaves nothing behind; a complete one that does
 * not work is kept. Calling it again checks what is there.
 */
export async function setup({
  variant,
  withoutDriver = false,
  cacheDirectory = defaultCacheDirectory(),
  emit,
  signal,
}: SetupOptions): Promise<SetupResult> {
  refuseOtherMachines();
  const problem = await problemOf({ path: '', ...kindFor(variant) });
  if (problem && !withoutDriver) throw noDevice(variant, problem);
  const directory = join(cacheDirectory, `xla-${variant}-${WHEELS[variant].version}`);
  const alreadyThere = pluginsIn(directory).length > 0;
  if (!alreadyThere) await install(variant, directory, emit, signal);
  const [plugin] = pluginsIn(directory);
  const undo = `rm -r '${directory}'`;
  const tell = (message: string): void => emit?.('notice', { level: 'info', message });
  let device = 'not tried: there is no driver here';
  if (!problem) {
    tell('Trying it with a training step.');
    device = await tried(plugin, undo);
  }
  const bytes = await directorySize(directory);
  tell(
    `${NAMES[variant]} ${alreadyThere ? 'was already set up' : 'is set up'} in ${directory} (${megabytes(bytes)}). To undo it: ${undo}`,
  );
  return { variant, directory, plugin: plugin.path, bytes, alreadyThere, device, undo };
}

function refuseOtherMachines(): void {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new FacewrightError({
      what: `XLA's plugins can only be set up on Linux on x86-64, but this is ${process.platform} on ${process.arch}.`,
      todo: 'Use another engine: "facewright doctor" lists them.',
    });
}

const noDevice = (variant: Variant, { reason, remedy }: Problem): FacewrightError =>
  new FacewrightError({
    what: `${NAMES[variant]} cannot be used here: ${reason}. Nothing was downloaded.`,
    todo: `${remedy} To download anyway, for use on another machine: "--without-driver". Others: ${VARIANTS.map((name) => `--${name}`).join(', ')}.`,
  });

const install = (
  variant: Variant,
  directory: string,
  emit: Emit | undefined,
  signal: AbortSignal | undefined,
): Promise<void> =>
  installWheels({
    name: NAMES[variant],
    directory,
    ...WHEELS[variant],
    isNeeded,
    isWhole: (made) => pluginsIn(made).length > 0,
    about: `${NAMES[variant]} ${WHEELS[variant].version} (Apache 2.0) for facewright's xla engine.\nRemove this directory to undo "facewright setup xla --${variant}".`,
    emit,
    signal,
  });

async function tried(plugin: FoundPlugin, undo: string): Promise<string> {
  try {
    const engine = await openXlaEngine({ plugin });
    try {
      await checkTrainingStep(engine);
      return engine.device;
    } finally {
      await engine.dispose();
    }
  } catch (cause) {
    if (!(cause instanceof FacewrightError)) throw cause;
    throw new FacewrightError({
      what: `The download succeeded, but it does not work: ${cause.what}`,
      where: plugin.path,
      todo: `${cause.todo ?? ''} To undo the setup: ${undo}`.trim(),
      cause,
    });
  }
}
