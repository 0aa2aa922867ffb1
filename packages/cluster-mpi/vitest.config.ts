// `nx test backend-cpu`
export { default } from '../../vitest.package.js';
