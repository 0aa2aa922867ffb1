// `nx test recognise`
export { default } from '../../vitest.package.js';
