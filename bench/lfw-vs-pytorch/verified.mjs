// The LFW protocol on embeddings, the same for both sides.
import { cosineSimilarity, verify } from '@facewright/training';

/** `vectorOf(index)` is the embedding of length 1 of `images[index]`. */
export function verified(pairs, images, vectorOf) {
  const indexes = new Map(images.map((path, index) => [path, index]));
  const scores = pairs.map(({ a, b }) => cosineSimilarity(vectorOf(indexes.get(a)), vectorOf(indexes.get(b))));
  const { accuracy, std, tarAtFar } = verify(
    scores,
    pairs.map(({ same }) => same),
    { folds: pairs.map(({ fold }) => fold) },
  );
  return { pairs: pairs.length, accuracy, std, tarAtFar };
}
