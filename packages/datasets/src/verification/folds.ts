/** A pair of a verification set, and the folds that pairs are distributed over. */

export interface Pair {
  /** Image paths with `/`, relative to the images' root. */
  readonly a: string;
  readonly b: string;
  readonly same: boolean;
  /** 0 … folds − 1. */
  readonly fold: number;
}

export interface PairsFile {
  readonly folds: number;
  readonly pairs: readonly Pair[];
}

/** At most ten folds. Each kind of pair is distributed over them in turn, so every fold has both. */
export function dealFolds(same: ArrayLike<boolean | number>): { folds: number; foldOf: Uint8Array } {
  const dealt = { same: 0, different: 0 };
  for (let pair = 0; pair < same.length; pair++) dealt[same[pair] ? 'same' : 'different']++;
  const folds = Math.max(1, Math.min(10, dealt.same, dealt.different));
  [dealt.same, dealt.different] = [0, 0];
  const foldOf = new Uint8Array(same.length);
  for (let pair = 0; pair < same.length; pair++) foldOf[pair] = dealt[same[pair] ? 'same' : 'different']++ % folds;
  return { folds, foldOf };
}
