// `nx test backend-webgpu`
export { default } from '../../vitest.package.js';
