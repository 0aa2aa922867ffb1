// The kernels as one WebAssembly module. Every pointer argument is an offset into the module's memory, laid out by
// src/kernels/module.ts. Nothing is allocated here.
export { warp } from './warp';
export { opening } from './opening';
export { gaussian, saltAndPepper } from './noise';
export { pyramid } from './pyramid';
export { crop } from './crop';
