// `nx test training`
export { default } from '../../vitest.package.js';
