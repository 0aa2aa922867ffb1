/** Checks that an exported model computes the same embeddings as the engine. */
import { FacewrightError } from '@facewright/core';

export interface Parity {
  readonly images: number;
  /** Between the two embeddings of an image: the worst, and the mean over all. */
  readonly minimumCosine: number;
  readonly meanCosine: number;
  /** Largest difference of two numbers. */
  readonly maximumDifference: number;
  /** The least `minimumCosine` that passes. */
  readonly required: number;
}

export const REQUIRED_COSINE = 0.99999;

/** Throws a `FacewrightError` where an image's embeddings differ more than that. */
export function compareEmbeddings(
  own: readonly Float32Array[],
  exported: readonly Float32Array[],
  where: string,
): Parity {
  const cosines = own.map((a, index) => cosine(a, exported[index]));
  const maximumDifference = Math.max(
    ...own.map((a, index) =>
      a.reduce((most, value, i) => Math.max(most, Math.abs(value - (exported[index]?.[i] ?? NaN))), 0),
    ),
  );
  const minimumCosine = Math.min(...cosines); // NaN where one is
  const parity: Parity = {
    images: own.length,
    minimumCosine,
    meanCosine: cosines.reduce((sum, value) => sum + value, 0) / own.length,
    maximumDifference,
    required: REQUIRED_COSINE,
  };
  if (!own.length || !(minimumCosine >= REQUIRED_COSINE)) {
    throw new FacewrightError({
      what: own.length
        ? `The exported model does not match the engine: over ${own.length} images the lowest cosine similarity is ${minimumCosine}; at least ${REQUIRED_COSINE} is required. Nothing was written.`
        : 'There are no images to check the exported model with.',
      where,
      todo: own.length
        ? 'This is a bug in the export or in a plugin. Please report it. Try another engine (--backend) to see which side is wrong.'
        : 'Pass readable images with --images.',
    });
  }
  return parity;
}

/** In float64. NaN where one of them is no vector. */
function cosine(a: Float32Array, b: Float32Array | undefined): number {
  if (b?.length !== a.length) return NaN;
  let [product, lengthA, lengthB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    product += a[i] * b[i];
    lengthA += a[i] ** 2;
    lengthB += b[i] ** 2;
  }
  return product / Math.sqrt(lengthA * lengthB);
}
