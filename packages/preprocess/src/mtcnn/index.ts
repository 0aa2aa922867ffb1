export { createMtcnn, type MtcnnSettings } from './detector.js';
export { mtcnn, MtcnnUnavailable } from './plugin.js';
export { readWeights } from './weights-file.js';
export { resolveMtcnnWeights, type MtcnnWeights, type WeightsOptions, type WeightsOutcome } from './weights.js';
