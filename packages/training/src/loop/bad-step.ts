/** A step whose loss or gradient is NaN or infinite, in words. */
import { FacewrightError } from '@facewright/core';
import type { Outcome } from './outcome.js';

export interface BadStep extends Pick<Outcome, 'loss' | 'gradientNorm'> {
  /** Counted from 1. */
  readonly step: number;
  readonly rate: number;
  /** The first that went bad. */
  readonly tensor: string;
  /** The step's images. */
  readonly images: readonly string[];
}

interface Failure {
  /** The name of its loss. */
  readonly stage: string;
  readonly directory: string;
  readonly setbacks: number;
  /** Step of the newest good checkpoint. */
  readonly savedAt?: number;
  /** A tensor of the state to go back to that is NaN or infinite itself: going back cannot help. */
  readonly badBeforeStep?: string;
}

/** The error that ends a training which bad steps keep from going on. */
export function notFinite(
  bad: BadStep,
  { stage, directory, setbacks, savedAt, badBeforeStep }: Failure,
): FacewrightError {
  const lines = [
    `${whatFailed(bad)} That was in the stage with ${stage}, at the rate ${bad.rate}.`,
    `The first tensor that went bad: ${bad.tensor}. The step's images: ${listed(bad.images)}.`,
    ...(setbacks ? [`${setbacks} times it went back and on at a lower rate.`] : []),
  ];
  const good = savedAt === undefined || badBeforeStep ? '' : ` The checkpoint of step ${savedAt} is good.`;
  return new FacewrightError({
    what: lines.join('\n'),
    where: directory,
    todo: badBeforeStep
      ? `The state it began with is bad already, in ${badBeforeStep}: start from other weights.`
      : `Lower the rate, add warm-up steps or set "clipNorm", and train anew; look at the images named.${good}`,
  });
}

export const whatFailed = ({ loss, gradientNorm, step }: BadStep): string =>
  `Training went wrong at step ${step}: ${Number.isFinite(loss) ? `the gradient's norm is ${gradientNorm} (loss ${loss})` : `the loss is ${loss}`}.`;

/** The first few of a list, for a message. */
export const listed = (names: readonly string[], most = 6): string =>
  names.length > most ? `${names.slice(0, most).join(', ')} and ${names.length - most} more` : names.join(', ');
