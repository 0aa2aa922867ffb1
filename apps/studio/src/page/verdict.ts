/** From a cosine to a verdict: the thresholds that a model's verification gives for false accept rates. */
import type { Verification } from '@facewright/core';

export interface Threshold {
  /** Share of pairs of two people that it lets pass. */
  readonly far: number;
  /** Share of pairs of one person that it lets pass. */
  readonly tar: number;
  readonly threshold: number;
}

/** The lowest threshold that lets at most `far` of the different pairs pass; `undefined` where there were too few pairs to tell. */
export function thresholdAt({ roc }: Pick<Verification, 'roc'>, far: number): Threshold | undefined {
  return roc
    .filter((point) => point.far <= far + 1e-12)
    .reduce<Threshold | undefined>(
      (best, point) => (best && best.threshold <= point.threshold ? best : point),
      undefined,
    );
}

/** One for each false accept rate that the verification could measure, from the loosest on. */
export function thresholdsOf({
  roc,
  tarAtFar,
}: Pick<Verification, 'roc' | 'tarAtFar'>): { readonly name: string; readonly at: Threshold }[] {
  return Object.entries(tarAtFar)
    .filter(([, tar]) => tar !== null)
    .sort(([a], [b]) => Number(b) - Number(a))
    .flatMap(([name]) => {
      const at = thresholdAt({ roc }, Number(name));
      return at ? [{ name, at }] : [];
    });
}
