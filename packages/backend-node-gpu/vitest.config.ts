// `nx test backend-node-gpu`
export { default } from '../../vitest.package.js';
