// `nx test losses`
export { default } from '../../vitest.package.js';
