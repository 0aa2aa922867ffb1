// `nx test capture`
export { default } from '../../vitest.package.js';
