/** What is said of a step whose loss or gradient is no number. */
import { FacewrightError } from '@facewright/core';
import { listed } from './guard.js';

export interface NotFinite {
  readonly loss: number;
  readonly gradientNorm: number;
  readonly step: number;
  readonly stage: { readonly name: string };
  readonly rate: number;
  readonly savedAt?: number;
  readonly directory: string;
  /** The first that went bad, and the step's images. */
  readonly tensor: string;
  readonly images: readonly string[];
  /** A tensor of the state to go back to that is bad itself. */
  readonly planted?: string;
  readonly setbacks: number;
}

export const whatFailed = ({ loss, gradientNorm, step }: Pick<NotFinite, 'loss' | 'gradientNorm' | 'step'>): string =>
  `Training went wrong at step ${step}: ${Number.isFinite(loss) ? `the gradient's norm is ${gradientNorm} (loss ${loss})` : `the loss is ${loss}`}.`;

export function notFinite({
  stage,
  rate,
  savedAt,
  directory,
  tensor,
  images,
  planted,
  setbacks,
  ...failed
}: NotFinite): FacewrightError {
  const lines = [
    `${whatFailed(failed)} That was in the stage with ${stage.name}, at the rate ${rate}.`,
    `The first tensor that went bad: ${tensor}. The step's images: ${listed(images)}.`,
    ...(setbacks ? [`${setbacks} times it went back and on at a lower rate.`] : []),
  ];
  const good = savedAt === undefined || planted ? '' : ` The checkpoint of step ${savedAt} is good.`;
  return new FacewrightError({
    what: lines.join('\n'),
    where: directory,
    todo: planted
      ? `The state it began with is bad already, in ${planted}: start from other weights.`
      : `Lower the rate, add warm-up steps or set "clipNorm", and train anew; look at the images named.${good}`,
  });
}
