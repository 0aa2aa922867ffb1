/** `facewright setup node-gpu`: downloads TensorFlow's libraries into the cache and tries them. */
import { FacewrightError, type Emit } from '@facewright/core';
import {
  checkTrainingStep,
  defaultCacheDirectory,
  directorySize,
  installWheels,
  megabytes,
  noDriver,
  nvidiaDriver,
  type SetupOptions as WheelSetupOptions,
  type SetupResult as WheelSetupResult,
} from '@facewright/native-libraries';
import { openTensorFlowEngine } from '../engine.js';
import { missingCuda } from '../library/cuda.js';
import {
  CUDA,
  librariesIn,
  libraryDirectory,
  setupDirectory,
  TENSORFLOW_VERSION,
  type Variant,
} from '../library/location.js';
import { isNeeded, WHEELS } from './wheels.js';

export interface SetupOptions extends WheelSetupOptions {
  /** For machines without an NVIDIA GPU: a tenth of the size. */
  readonly cpu?: boolean;
}

export type SetupResult = WheelSetupResult<Variant>;

/**
 * Throws a `FacewrightError` if the setup fails. An incomplete download leaves nothing behind; a complete one that does
 * not work is kept. Calling it again checks what is there.
 */
export async function setup({
  cpu = false,
  withoutDriver = false,
  cacheDirectory = defaultCacheDirectory(),
  emit,
  signal,
}: SetupOptions = {}): Promise<SetupResult> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new FacewrightError({
      what: `TensorFlow's library can only be set up on Linux on x86-64, but this is ${process.platform} on ${process.arch}.`,
      todo: 'Use another engine: "facewright doctor" lists them.',
    });
  }
  const variant: Variant = cpu ? 'cpu' : 'gpu';
  const directory = setupDirectory(variant, cacheDirectory);
  const gpu = variant === 'gpu' ? await nvidiaDriver(CUDA) : undefined;
  if (variant === 'gpu' && !withoutDriver && (!gpu || gpu.problem)) {
    throw new FacewrightError({
      what: `The GPU cannot be used here: ${gpu?.problem ?? noDriver(CUDA).problem}. Nothing was downloaded.`,
      todo: `${gpu?.remedy ?? noDriver(CUDA).remedy} For the CPU: "facewright setup node-gpu --cpu". To download anyway, for use on another machine: "--without-driver".`,
    });
  }
  const installed = librariesIn(libraryDirectory(directory));
  const alreadyThere = installed !== undefined;
  if (!alreadyThere) await install(variant, directory, emit, signal);
  const lacking = variant === 'gpu' ? missingCuda(libraryDirectory(directory)) : [];
  if (lacking.length > 0)
    throw new FacewrightError({
      what: `The setup lacks ${lacking.join(', ')}.`,
      where: directory,
      todo: `Run "rm -r '${directory}'", then set it up again.`,
    });
  const device = gpu ? 'gpu' : 'cpu';
  notice(
    emit,
    `Trying it with a training step${variant === 'gpu' && !gpu ? ' on the CPU, because there is no NVIDIA driver' : ''}.`,
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
  const bytes = await directorySize(directory);
  const undo = `rm -r '${directory}'`;
  notice(
    emit,
    `TensorFlow ${TENSORFLOW_VERSION} for the ${variant.toUpperCase()} ${alreadyThere ? 'was already set up' : 'is set up'} in ${directory} (${megabytes(bytes)}). To undo it: ${undo}`,
  );
  return { variant, directory, bytes, alreadyThere, device: engine.device, undo };
}

const install = (
  variant: Variant,
  directory: string,
  emit: Emit | undefined,
  signal: AbortSignal | undefined,
): Promise<void> =>
  installWheels({
    name: 'TensorFlow',
    directory,
    ...WHEELS[variant],
    isNeeded,
    isWhole: (made) => librariesIn(libraryDirectory(made)) !== undefined,
    about: `TensorFlow ${TENSORFLOW_VERSION} (Apache 2.0) for facewright's node-gpu engine.\nRemove this directory to undo "facewright setup node-gpu".`,
    emit,
    signal,
  });

const notice = (emit: Emit | undefined, message: string): void => emit?.('notice', { level: 'info', message });
