/** NVIDIA's driver, as Linux shows it. */
import { readFile } from 'node:fs/promises';

/** For people, e.g. "NVIDIA driver 570.86"; undefined where there is none. */
export async function nvidiaDriver(): Promise<string | undefined> {
  try {
    const version = /Kernel Module\D*([\d.]+)/.exec(await readFile('/proc/driver/nvidia/version', 'utf8'))?.[1];
    return version ? `NVIDIA driver ${version}` : 'NVIDIA driver';
  } catch {
    return undefined;
  }
}
