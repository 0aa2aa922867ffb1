/**
 * WebGPU in Node: Dawn, Chromium's implementation, from the npm package `webgpu`, an optional peer that is loaded when
 * first needed.
 */
import { FacewrightError, messageOf } from '@facewright/core';
import { findInProcess, type Found } from './probe-process.js';
import type { GpuSource } from './source.js';

const INSTALL = 'npm install webgpu@0.6.2';

let loading: Promise<GPU> | undefined;
let looking: Promise<Found> | undefined;

/**
 * Defines `GPUBufferUsage` and similar globals where a browser has them, and `navigator.gpu`: tfjs-backend-webgpu looks
 * for both, so this must come before its import. One `GPU` serves the process, because each `create` starts another
 * instance of Dawn.
 */
async function load(): Promise<GPU> {
  const { navigator } = globalThis as { navigator?: { gpu?: GPU } };
  if (navigator?.gpu) return navigator.gpu;
  let dawn: typeof import('webgpu');
  try {
    dawn = await import('webgpu');
  } catch (error) {
    throw notLoaded(error);
  }
  Object.assign(globalThis, dawn.globals);
  const gpu = dawn.create([]);
  if (navigator) Object.defineProperty(navigator, 'gpu', { value: gpu, configurable: true });
  else Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true, writable: true }); // Node 20 has none
  return gpu;
}

const notLoaded = (error: unknown): FacewrightError =>
  new FacewrightError({
    what: `cannot load the npm package webgpu: ${messageOf(error).split('\n')[0]}`,
    todo: INSTALL,
    cause: error,
  });

export const nodeGpuSource: GpuSource = {
  look: async () => {
    try {
      return await (looking ??= findInProcess());
    } catch (error) {
      throw notLoaded(error);
    }
  },
  load: () =>
    (loading ??= load().catch((error: unknown) => {
      loading = undefined;
      throw error;
    })),
  remedies: {
    library: INSTALL,
    adapter:
      process.platform === 'linux'
        ? 'Install your GPU\'s Vulkan driver and libvulkan1. Without a GPU, "apt-get install chromium libvulkan1" and VK_ICD_FILENAMES=/usr/lib/chromium/vk_swiftshader_icd.json provide a slow emulated one.'
        : "Install your GPU's driver.",
  },
};
