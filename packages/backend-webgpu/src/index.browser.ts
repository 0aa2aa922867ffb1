/** The engine in a browser: the same, with the browser's own WebGPU. */
import { browserGpuSource } from './gpu/browser.js';
import { webgpuPlugin } from './plugin.js';

export const webgpu = webgpuPlugin(browserGpuSource);
export default webgpu;
