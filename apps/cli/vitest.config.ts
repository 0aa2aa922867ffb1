// `nx test cli`
export { default } from '../../vitest.package.js';
