/** MPI under facewright: one training in several processes, on one machine or on many. */
export { mpi, mpi as default } from './plugin.js';
