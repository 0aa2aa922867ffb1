/**
 * Whether TensorFlow can be used here, with which libraries and on what device; and for everything missing, the command
 * that fixes it.
 */
import { FacewrightError, messageOf, type Availability } from '@facewright/core';
import { loadKoffi, noDriver, nvidiaDriver, type Driver } from '@facewright/native-libraries';
import { openRuntime } from './engine.js';
import { missingCuda } from './library/cuda.js';
import {
  findInstall,
  findSetup,
  librariesIn,
  CUDA,
  TENSORFLOW_VERSION,
  type EmptyInstall,
  type Libraries,
} from './library/location.js';
import type { ContextOptions } from './runtime/config.js';
import { missingOps } from './library/required.js';

export interface Wanted extends ContextOptions {
  readonly library?: string;
}

export interface Surroundings {
  /** Where to look for an installed tfjs-node. */
  readonly directories: readonly string[];
  readonly driver?: () => Promise<Driver | undefined>;
}

interface Problem {
  readonly reason: string;
  readonly remedy: string;
}

/** The libraries to use: those named, or else a setup, or else an installed tfjs-node that includes them. */
export function findLibraries(
  { library, device }: Pick<Wanted, 'library' | 'device'>,
  directories: readonly string[],
): Libraries | EmptyInstall | undefined {
  if (library) return librariesIn(library);
  return findSetup(device === 'cpu' ? ['cpu', 'gpu'] : ['gpu', 'cpu']) ?? findInstall(directories);
}

export const isComplete = (found: Libraries | EmptyInstall | undefined): found is Libraries =>
  found !== undefined && 'files' in found;

/**
 * For a setup, only checks that the files exist, because loading takes a second and cannot be undone. Any other library
 * is loaded to see whether it works.
 */
export async function availability(
  wanted: Wanted,
  { directories, driver = () => nvidiaDriver(CUDA) }: Surroundings,
): Promise<Availability> {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return unusable({
      reason: `the TensorFlow library can only be used on Linux on x86-64, but this is ${process.platform} on ${process.arch}`,
      remedy: 'Use another engine.',
    });
  const { library, device } = wanted;
  const found = findLibraries(wanted, directories);
  const gpu = await driver();
  const idle = gpu && device !== 'cpu' ? { deviceFound: true } : {};
  if (!isComplete(found)) return { ...unusable(...absent(found, wanted, gpu)), ...idle };
  try {
    await loadKoffi();
  } catch (error) {
    const koffi = {
      reason: `cannot load koffi, which calls the library: ${messageOf(error).split('\n')[0]}`,
      remedy: 'npm install --include=optional koffi',
    };
    return { ...unusable(koffi), ...idle };
  }
  if (found.variant) return ofSetup(found, device, gpu);
  if (device === 'gpu' && !gpu) return unusable({ reason: noDriver(CUDA).problem, remedy: noDriver(CUDA).remedy });
  const owner = found.package ?? library!;
  try {
    const runtime = await openRuntime(found, wanted);
    const { version } = runtime.library;
    const missing = missingOps(runtime.library);
    const instead = `facewright setup node-gpu${gpu ? '' : ' --cpu'}`;
    if (missing.length > 0)
      return unusable({
        reason: `TensorFlow ${version} of ${owner} is too old: it lacks ${missing.slice(0, 3).join(', ')}`,
        remedy: `${instead} (it downloads ${TENSORFLOW_VERSION}, which takes precedence)`,
      });
    if (device === 'gpu' && !runtime.gpu)
      return unusable({
        reason: `TensorFlow ${version} of ${owner} finds no GPU: it is built for the CPU, or its CUDA libraries are missing`,
        remedy: 'facewright setup node-gpu',
      });
    const unused =
      gpu && !runtime.gpu && device !== 'cpu'
        ? {
            reason: `there is a GPU (${gpu.name}), but this TensorFlow does not use it`,
            remedy: 'facewright setup node-gpu',
          }
        : {};
    return {
      usable: true,
      device: `TensorFlow ${version} of ${owner}, ${runtime.gpu ? (gpu?.name ?? 'GPU') : 'CPU'}`,
      accelerated: runtime.gpu !== undefined,
      ...unused,
    };
  } catch (error) {
    return unusable({
      reason:
        error instanceof FacewrightError
          ? `${error.message.split('\n')[0]} (${owner})`
          : `TensorFlow of ${owner} does not work: ${messageOf(error).split('\n')[0]}`,
      remedy: `facewright setup node-gpu${gpu ? '' : ' --cpu'}`,
    });
  }
}

function absent(found: EmptyInstall | undefined, { library, device }: Wanted, gpu: Driver | undefined): Problem[] {
  const missing: Problem[] = device === 'gpu' ? driverProblems(gpu) : [];
  if (library)
    return [
      {
        reason: `there is no TensorFlow library in ${library}`,
        remedy:
          'Give the directory that contains libtensorflow_framework.so.2 and libtensorflow_cc.so.2 or libtensorflow.so.2.',
      },
      ...missing,
    ];
  const reason = `TensorFlow ${TENSORFLOW_VERSION} is not set up${found ? `, and ${found.package} is installed without its library (nothing in ${found.directory}: the download failed, or npm does not run scripts)` : ''}`;
  return [{ reason, remedy: `facewright setup node-gpu${gpu || device === 'gpu' ? '' : ' --cpu'}` }, ...missing];
}

function ofSetup({ directory, variant }: Libraries, device: Wanted['device'], gpu: Driver | undefined): Availability {
  const lacking = variant === 'gpu' ? missingCuda(directory) : [];
  const forGpu: Problem[] = [
    ...driverProblems(gpu),
    ...(variant === 'cpu'
      ? [{ reason: 'TensorFlow is set up for the CPU only', remedy: 'facewright setup node-gpu' }]
      : []),
    ...(lacking.length
      ? [
          {
            reason: `the setup lacks ${lacking.join(', ')}`,
            remedy: `rm -r '${directory.replace(/\/tensorflow$/, '')}' && facewright setup node-gpu`,
          },
        ]
      : []),
  ];
  if (device === 'gpu' && forGpu.length) return unusable(...forGpu);
  const accelerated = device !== 'cpu' && forGpu.length === 0;
  const name = `TensorFlow ${TENSORFLOW_VERSION}, ${accelerated ? gpu!.name : 'CPU'}`;
  // a machine without a GPU lacks nothing, unless the GPU was requested or set up
  const expected = device !== 'cpu' && (gpu !== undefined || variant === 'gpu');
  return { usable: true, device: name, accelerated, ...(expected && forGpu.length > 0 && joined(forGpu)) };
}

function driverProblems(gpu: Driver | undefined): Problem[] {
  if (!gpu) return [{ reason: noDriver(CUDA).problem, remedy: noDriver(CUDA).remedy }];
  return gpu.problem ? [{ reason: gpu.problem, remedy: gpu.remedy! }] : [];
}

/** Everything that is missing and, in the same order, the fixes. */
const joined = (problems: readonly Problem[]): Problem => ({
  reason: problems.map(({ reason }) => reason).join('; '),
  remedy: problems.map(({ remedy }) => remedy.replace(/\.$/, '')).join('; then '),
});

const unusable = (...problems: Problem[]): Availability => ({ usable: false, ...joined(problems) });
