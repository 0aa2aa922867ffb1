/** The engine in Node. */
import { nodeGpuSource } from './gpu/node.js';
import { webgpuPlugin } from './plugin.js';

export const webgpu = webgpuPlugin(nodeGpuSource);
export default webgpu;
