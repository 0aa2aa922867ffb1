/** NVIDIA's driver on Linux: a kernel module, and a library through which programs use it. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** The oldest driver for each CUDA version (NVIDIA, CUDA compatibility: minor version compatibility). */
const OLDEST: Readonly<Record<Cuda, readonly [major: number, minor: number]>> = { 12: [525, 60], 13: [580, 65] };

/** Major version of CUDA. */
export type Cuda = 12 | 13;

export interface Driver {
  /** In words, e.g. "NVIDIA driver 570.86". */
  readonly name: string;
  /** Why it cannot be used. */
  readonly problem?: string;
  readonly remedy?: string;
}

export interface Places {
  readonly version: string;
  readonly device: string;
  /** Whether a library of that name can be loaded. */
  readonly loads: (name: string) => Promise<boolean>;
}

const HERE: Places = {
  version: '/proc/driver/nvidia/version',
  device: '/dev/nvidiactl',
  loads: async (name) => {
    try {
      const { loadKoffi } = await import('@facewright/platform/node');
      (await loadKoffi()).load(name);
      return true;
    } catch {
      return false;
    }
  },
};

export const noDriver = (cuda: Cuda): { readonly problem: string; readonly remedy: string } => ({
  problem: 'there is no NVIDIA driver',
  remedy: `Install NVIDIA's driver, ${OLDEST[cuda].join('.')} or newer (on Ubuntu: "ubuntu-drivers install"), and start again; a container needs "--gpus all".`,
});

/** Undefined if the machine has none. */
export async function nvidiaDriver(
  cuda: Cuda,
  { version: versionFile, device, loads }: Places = HERE,
): Promise<Driver | undefined> {
  const text = await readFile(versionFile, 'utf8').catch(() => undefined);
  if (text === undefined && !existsSync(device)) return undefined;
  const version = /Kernel Module\D*([\d.]+)/.exec(text ?? '')?.[1];
  const name = version ? `NVIDIA driver ${version}` : 'NVIDIA driver';
  if (version && isOlder(version, OLDEST[cuda]))
    return {
      name,
      problem: `${name} is older than ${OLDEST[cuda].join('.')}, which CUDA ${cuda} needs`,
      remedy: "Update NVIDIA's driver and start again.",
    };
  if (!(await loads('libcuda.so.1')))
    return {
      name,
      problem: `${name} is in the kernel, but its library libcuda.so.1 is missing`,
      remedy:
        'Install it (on Debian and Ubuntu: the package libcuda1 or libnvidia-compute of the driver\'s version); a container needs "--gpus all".',
    };
  return { name };
}

function isOlder(version: string, [oldestMajor, oldestMinor]: readonly [number, number]): boolean {
  const [major, minor = 0] = version.split('.').map(Number);
  return major < oldestMajor || (major === oldestMajor && minor < oldestMinor);
}
