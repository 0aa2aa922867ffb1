/**
 * The conformance suite for the variants in the MobileFaceNet paper's table; mobilefacenet.slow.test.ts covers the network
 * itself.
 */
import { wasm } from '@facewright/backend-wasm';
import { testModel } from '@facewright/testkit';
import { mobileFaceNet, type MobileFaceNetOptionsInput } from './index.js';

const tiny: MobileFaceNetOptionsInput = {
  inputSize: 16,
  width: 0.125,
  embeddingSize: 6,
  bottlenecks: [
    [2, 64, 2, 2],
    [2, 128, 1, 1],
  ],
};

for (const [name, options] of [
  ['M', { ...tiny, embeddingSize: undefined, variant: 'M' }],
  ['S', { ...tiny, embeddingSize: undefined, variant: 'S' }],
  ['relu', { ...tiny, activation: 'relu' }],
  ['expansion ×2', { ...tiny, expansion: 2 }],
] as const) {
  testModel(mobileFaceNet(options), { engine: wasm(), name: `mobilefacenet, ${name}, on wasm` });
}
