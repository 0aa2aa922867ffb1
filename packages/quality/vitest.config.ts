// `nx test quality`
export { default } from '../../vitest.package.js';
