// `nx test backend-wasm`
export { default } from '../../vitest.package.js';
