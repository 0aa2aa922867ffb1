/** The global setup of the fast tests; see temporary.ts. */
export { inMemory as default } from './temporary.js';
