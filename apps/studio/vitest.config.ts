// `nx test studio`
export { default } from '../../vitest.package.js';
