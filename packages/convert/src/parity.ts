/** Checks that an exported or imported model computes the same embeddings as the original. */
import { FacewrightError } from '@facewright/core';

export interface Parity {
  readonly images: number;
  /** Cosine between the two embeddings of an image: the lowest, and the mean over all. */
  readonly minimumCosine: number;
  readonly meanCosine: number;
  /** Largest difference between two numbers. */
  readonly maximumDifference: number;
  /** The lowest acceptable `minimumCosine`. */
  readonly required: number;
}

export const REQUIRED_COSINE = 0.99999;
/** For an import, because the file may store, and its graph may compute with, 16-bit numbers. */
export const REQUIRED_IMPORT_COSINE = 0.9999;

/** Throws a `FacewrightError` if an image's embeddings differ more than `REQUIRED_COSINE` allows. */
export function compareEmbeddings(
  own: readonly Float32Array[],
  exported: readonly Float32Array[],
  where: string,
): Parity {
  const parity = parityOf(own, exported, REQUIRED_COSINE);
  if (!own.length || !(parity.minimumCosine >= REQUIRED_COSINE)) {
    throw new FacewrightError({
      what: own.length
        ? `The exported model does not match the engine: over ${own.length} images the lowest cosine similarity is ${parity.minimumCosine}; at least ${REQUIRED_COSINE} is required. Nothing was written.`
        : 'There are no images to check the exported model with.',
      where,
      todo: own.length
        ? 'This is a bug in the export or in a plugin. Please report it. Try another engine (--backend) to see which side is wrong.'
        : 'Pass readable images with --images.',
    });
  }
  return parity;
}

/**
 * Compares an imported model with the file's own graph. Throws a `FacewrightError` if an image's embeddings differ more
 * than `REQUIRED_IMPORT_COSINE` allows.
 */
export function compareImported(own: readonly Float32Array[], file: readonly Float32Array[], where: string): Parity {
  const parity = parityOf(own, file, REQUIRED_IMPORT_COSINE);
  if (parity.minimumCosine >= REQUIRED_IMPORT_COSINE) return parity;
  const [a, b] = [own[0]?.length, file[0]?.length];
  throw new FacewrightError({
    what:
      a === b
        ? `The embeddings of the imported model do not match those of the file itself: over ${own.length} images the lowest cosine similarity is ${parity.minimumCosine}; at least ${REQUIRED_IMPORT_COSINE} is required. Nothing was written.`
        : `The imported model's embeddings have ${a} numbers, but those of the file itself have ${b}. Nothing was written.`,
    where,
    todo: 'Part of its graph was misread. If its options differ from those found, pass them with --options. Otherwise please report this and attach the file.',
  });
}

function parityOf(own: readonly Float32Array[], exported: readonly Float32Array[], required: number): Parity {
  const cosines = own.map((a, index) => cosine(a, exported[index]));
  const maximumDifference = Math.max(
    ...own.map((a, index) =>
      a.reduce((most, value, i) => Math.max(most, Math.abs(value - (exported[index]?.[i] ?? NaN))), 0),
    ),
  );
  const minimumCosine = Math.min(...cosines); // NaN if one of them is
  return {
    images: own.length,
    minimumCosine,
    meanCosine: cosines.reduce((sum, value) => sum + value, 0) / own.length,
    maximumDifference,
    required,
  };
}

/** In float64. NaN if either is not a valid vector. */
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
