/** The accuracy criterion: validation accuracy has reached a target, or has not risen for a number of validations. */
import { accuracyRule, definePlugin, type AccuracyRule, type Criterion } from '@facewright/core';
import { VERSION } from '../version.js';

type Seen = {
  /** The highest accuracy so far, and the step of the stage at which it was measured. */
  readonly best: { readonly accuracy: number; readonly step: number } | null;
  readonly last: number | null;
  /** Consecutive validations that did not improve enough on the best. */
  readonly without: number;
};

const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;

export const atAccuracy = ({ atLeast, patience, minimumGain }: AccuracyRule): Criterion<Seen> => ({
  needsValidation: true,
  begin: () => ({ best: null, last: null, without: 0 }),
  observe: (seen, { steps, validation }) => {
    if (!validation) return seen;
    const { accuracy } = validation;
    if (!seen.best || accuracy > seen.best.accuracy + minimumGain)
      return { best: { accuracy, step: steps }, last: accuracy, without: 0 };
    return { ...seen, last: accuracy, without: seen.without + 1 };
  },
  verdict: ({ best, last, without }) => {
    if (atLeast !== undefined && last !== null && last >= atLeast) return { atLeast, accuracy: last };
    return patience !== undefined && without >= patience
      ? { patience, minimumGain, best: best!.accuracy, atStep: best!.step, accuracy: last }
      : undefined;
  },
  remark: ({ best, last, without }, former) =>
    patience !== undefined && without > former.without
      ? `Validation accuracy has stopped rising: ${percent(last!)}, best ${percent(best!.accuracy)} at step ${best!.step} of the stage (${without} of ${patience}).`
      : undefined,
});

/** The `accuracy` criterion plugin. */
export const accuracyCriterion = definePlugin({
  meta: {
    name: 'accuracy',
    kind: 'criterion',
    version: VERSION,
    apiVersion: 1,
    description: 'a stage until its validation accuracy is reached, or stops rising',
  },
  options: accuracyRule,
  create: atAccuracy,
});

declare module '@facewright/core' {
  interface CriterionPlugins {
    accuracy: typeof accuracyCriterion;
  }
}
