/** Tests run on the GPU of the machine, else on the emulated one that Debian's chromium brings, else not. */
import { existsSync } from 'node:fs';
import { nodeGpuSource } from '../src/gpu/node.js';
import { probe } from '../src/gpu/source.js';

const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';

/** Why there is none; undefined where there is one. */
export async function adapterHere(): Promise<string | undefined> {
  // the Vulkan loader reads it when Dawn starts
  if (!process.env.VK_ICD_FILENAMES && !existsSync('/dev/dri') && existsSync(SWIFTSHADER)) process.env.VK_ICD_FILENAMES = SWIFTSHADER;
  return (await probe(nodeGpuSource)).reason;
}
