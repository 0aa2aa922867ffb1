export * from './attributes.js';
export { canonical } from './canonical.js';
export { neededPadAfter, windowOf, type Window } from './window.js';
