export * from './align/index.js';
export * from './augment/index.js';
export * from './mtcnn/index.js';
