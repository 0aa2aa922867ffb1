// `nx test create-facewright-plugin`
export { default } from '../../vitest.package.js';
