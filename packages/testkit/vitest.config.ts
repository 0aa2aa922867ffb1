// `nx test testkit`
export { default } from '../../vitest.package.js';
