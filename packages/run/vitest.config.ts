// `nx test run`
export { default } from '../../vitest.package.js';
