export { xla, xla as default } from './plugin.js';
export { setup, type SetupOptions, type SetupResult } from './setup/setup.js';
export { VARIANTS, type Variant } from './setup/wheels.js';
