/**
 * Identifies the model that made an embedding, because embeddings of two models cannot be compared, although both are
 * lists of numbers.
 */
import { createSha256 } from '@facewright/platform';
import type { ModelFiles } from '@facewright/training';

/**
 * SHA-256 over the model's name, options, alignment and weights, in hexadecimal. Independent of the model's location
 * and of any metrics in its card.
 */
export function modelIdentity({ card, params, statistics }: ModelFiles): string {
  const { model, embeddingSize, alignment } = card;
  const hash = createSha256();
  hash.update(JSON.stringify([model.name, model.options, embeddingSize, alignment.fingerprint]));
  for (const tensors of [params, statistics]) {
    for (const name of Object.keys(tensors).sort()) {
      const { shape, data } = tensors[name];
      hash.update(JSON.stringify([name, shape]));
      hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
  }
  return hash.hex();
}
