export { nodeGpu, nodeGpu as default } from './plugin.js';
export { setup, type SetupOptions, type SetupResult } from './setup/setup.js';
