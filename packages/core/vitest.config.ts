// `nx test core`
export { default } from '../../vitest.package.js';
