// `nx test preprocess`
export { default } from '../../vitest.package.js';
