export { nodeGpu, nodeGpu as default } from './plugin.js';
