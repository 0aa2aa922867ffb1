// `nx test report`
export { default } from '../../vitest.package.js';
