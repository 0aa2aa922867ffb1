/** The GPU emulated by Debian's chromium, for machines without one. */
import { existsSync } from 'node:fs';

const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';

/** Call it before anything loads Vulkan, whose loader reads the environment when it starts. */
export function offerEmulatedGpu(): void {
  if (!process.env.VK_ICD_FILENAMES && !existsSync('/dev/dri') && existsSync(SWIFTSHADER))
    process.env.VK_ICD_FILENAMES = SWIFTSHADER;
}
