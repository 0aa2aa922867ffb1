/** Worker threads and encoded images, as Node has them; bundlers for browsers take threads.browser.ts instead (`imports` of package.json). */
export { encodingFor, outcomeEncoder } from './encode.js';
export { openWorkers } from './workers.js';
