/** WebGPU in a browser. */
import type { GpuSource } from './source.js';

export const browserGpuSource: GpuSource = {
  async load() {
    const page = globalThis as { navigator?: { gpu?: GPU }; isSecureContext?: boolean };
    const gpu = page.navigator?.gpu;
    if (!gpu)
      throw new Error(
        page.isSecureContext === false
          ? 'WebGPU is only available to pages from https or localhost'
          : 'this browser has no WebGPU',
      );
    return gpu;
  },
  remedies: {
    library: 'Use a browser with WebGPU (current Chrome, Edge, Safari or Firefox), on a page from https or localhost.',
    adapter: "Turn on hardware acceleration in the browser's settings. In Chrome, see chrome://gpu.",
  },
};
