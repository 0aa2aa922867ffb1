export * from './attributes.js';
export { canonicalKernel, type CanonicalKernel } from './kernel.js';
export { canonical } from './canonical.js';
export { neededPadAfter, windowOf, type Window } from './window.js';
