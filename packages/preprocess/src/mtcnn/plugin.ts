/** MTCNN in Node: takes the published weights from the cache, or downloads them. */
import { resolve } from 'node:path';
import { mtcnnWith } from './plugin-with.js';
import { resolveMtcnnWeights } from './weights.js';

/** Finds faces and their five landmarks. `create` rejects with `MtcnnUnavailable` if the weights are not available. */
export const mtcnn = mtcnnWith((path, { baseDirectory, emit, signal }) =>
  resolveMtcnnWeights({ path: path && resolve(baseDirectory, path), emit, signal }),
);
