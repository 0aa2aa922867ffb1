// `nx test backend-onnx`
export { default } from '../../vitest.package.js';
