export { createMtcnn, type MtcnnSettings } from './detector.js';
export { mtcnn } from './plugin.js';
export { MtcnnUnavailable, mtcnnWith } from './plugin-with.js';
export { readWeights } from './weights-file.js';
export { resolveMtcnnWeights, type MtcnnWeights, type WeightsOptions, type WeightsOutcome } from './weights.js';
