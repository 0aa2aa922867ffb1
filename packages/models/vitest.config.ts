// `nx test models`
export { default } from '../../vitest.package.js';
