export * from './mobilefacenet.js';
export * from './mobilenetv2.js';
export * from './layers.js';
export { describeModel, type ModelDescription } from './describe.js';
