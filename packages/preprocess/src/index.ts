export * from './align/index.js';
export * from './augment/index.js';
export { givenLandmarks } from './given-landmarks.js';
export * from './mtcnn/index.js';
export * from './prepare/index.js';
