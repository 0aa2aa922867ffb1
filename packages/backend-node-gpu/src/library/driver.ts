/** NVIDIA's driver, as Linux shows it: a part of the kernel, and a library through which programs reach it. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** CUDA 12 runs on this driver and newer ones (NVIDIA, CUDA compatibility: minor version compatibility). */
const OLDEST = [525, 60];

export interface Driver {
  /** For people, e.g. "NVIDIA driver 570.86". */
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
      const { loadKoffi } = await import('./load.js');
      (await loadKoffi()).load(name);
      return true;
    } catch {
      return false;
    }
  },
};

export const NO_DRIVER = {
  problem: 'there is no NVIDIA driver',
  remedy:
    'Install NVIDIA\'s driver, 525.60 or newer (on Ubuntu: "ubuntu-drivers install"), and start again; a container needs "--gpus all".',
} as const;

/** Undefined where the machine has none. */
export async function nvidiaDriver({ version: versionFile, device, loads }: Places = HERE): Promise<
  Driver | undefined
> {
  const text = await readFile(versionFile, 'utf8').catch(() => undefined);
  if (text === undefined && !existsSync(device)) return undefined;
  const version = /Kernel Module\D*([\d.]+)/.exec(text ?? '')?.[1];
  const name = version ? `NVIDIA driver ${version}` : 'NVIDIA driver';
  if (version && isOlder(version))
    return {
      name,
      problem: `${name} is older than ${OLDEST.join('.')}, which CUDA 12 needs`,
      remedy: "Update NVIDIA's driver and start again.",
    };
  if (!(await loads('libcuda.so.1')))
    return {
      name,
      problem: `${name} is in the kernel, and its library libcuda.so.1 is missing`,
      remedy:
        'Install it (on Debian and Ubuntu: the package libcuda1 or libnvidia-compute of the driver\'s version); a container needs "--gpus all".',
    };
  return { name };
}

function isOlder(version: string): boolean {
  const [major, minor = 0] = version.split('.').map(Number);
  return major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
}
