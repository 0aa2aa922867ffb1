// `nx test datasets`
export { default } from '../../vitest.package.js';
