// `nx test convert`
export { default } from '../../vitest.package.js';
