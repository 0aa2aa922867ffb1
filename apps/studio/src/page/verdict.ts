/** From a cosine to a verdict: thresholds for false accept rates from a model's verification. */
import type { Verification } from '@facewright/core';

export interface Threshold {
  /** Fraction of different-person pairs it accepts. */
  readonly far: number;
  /** Fraction of same-person pairs it accepts. */
  readonly tar: number;
  readonly threshold: number;
}

/**
 * The lowest threshold that accepts at most `far` of the different pairs; `undefined` if there were too few pairs to
 * tell.
 */
export function thresholdAt({ roc }: Pick<Verification, 'roc'>, far: number): Threshold | undefined {
  return roc
    .filter((point) => point.far <= far + 1e-12)
    .reduce<Threshold | undefined>(
      (best, point) => (best && best.threshold <= point.threshold ? best : point),
      undefined,
    );
}

/** One for each false accept rate that the verification could measure, the loosest first. */
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
