/** Writes a trained model as an ONNX file, like `facewright export`: pixels in, embeddings of length 1 out. */
import { exportOnnx } from '@facewright/backend-onnx/export';
import { EMBEDDINGS, IMAGES, publishedStep } from '@facewright/convert';
import type { Model } from '@facewright/core';
import type { ModelFiles } from '@facewright/training';

/** `images` [batch, 3, height, width], RGB, 0 to 255; `embeddings` [batch, size]. */
export function onnxFile(model: Model, { card, params, statistics }: ModelFiles): Uint8Array {
  const { step, state, shape } = publishedStep(model, { params, statistics }, 'nchw');
  const batch = { 0: 'batch' };
  return exportOnnx(step, {
    name: 'facewright',
    state,
    inputs: { [IMAGES]: { shape: shape(1), dtype: 'float32' } },
    axisNames: { [IMAGES]: batch, [EMBEDDINGS]: batch },
    metadata: {
      'facewright.model': JSON.stringify(card.model),
      'facewright.alignment': card.alignment.fingerprint,
      'facewright.alignment_size': String(card.alignment.size),
    },
    descriptions: {
      [IMAGES]: 'Aligned faces: RGB from 0 to 255 (NCHW); normalised inside the model.',
      [EMBEDDINGS]: 'Embeddings of length 1: the dot product of two is their cosine.',
    },
    description: 'Face embeddings, trained in the browser with facewright.',
  });
}
