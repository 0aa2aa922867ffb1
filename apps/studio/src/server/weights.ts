/** The MTCNN weights by the command line tool's own ways: out of its cache, or, when the user has asked for it, fetched as the tool does. */
import { resolveMtcnnWeights } from '@facewright/preprocess';
import type { Answer } from './page-files.js';

export async function mtcnnWeights({ fetch }: { fetch: boolean }): Promise<Answer> {
  const outcome = await resolveMtcnnWeights({ offline: !fetch });
  if (outcome.weights) {
    const { buffer, byteOffset, byteLength } = outcome.weights.numbers;
    return { type: 'application/octet-stream', body: new Uint8Array(buffer, byteOffset, byteLength) };
  }
  return fetch
    ? { status: 502, body: `The weights could not be had: ${outcome.reasons.join('; ')}. Give their file instead.` }
    : { status: 204, body: '' }; // none yet, which is no error
}
