/**
 * The part of this package that runs in a browser: everything except worker threads and downloading the MTCNN weights,
 * which the page provides (`readWeights`).
 */
export * from './align/index.js';
export * from './augment/index.js';
export { givenLandmarks } from './given-landmarks.js';
export { createMtcnn, type MtcnnSettings } from './mtcnn/detector.js';
export { MtcnnUnavailable, mtcnnWith } from './mtcnn/plugin-with.js';
export { readWeights, type MtcnnWeights } from './mtcnn/weights-file.js';
export type { FacesPolicy } from './prepare/photo.js';
export { prepare } from './prepare/prepare.js';
export type { PrepareOptions } from './prepare/options.js';
export { pickPhotos, tierFor, type Tier } from './prepare/tiers.js';
