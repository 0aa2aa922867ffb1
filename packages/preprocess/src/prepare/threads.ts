/**
 * Worker threads and image encoding in Node. Browser bundlers use threads.browser.ts instead (`imports` in
 * package.json).
 */
export { encodingFor, outcomeEncoder } from './encode.js';
export { openWorkers } from './workers.js';
