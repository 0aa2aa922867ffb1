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

/** The error that ends a training that cannot get past its bad steps. */
export function notFinite(
  bad: BadStep,
  { stage, directory, setbacks, savedAt, badBeforeStep }: Failure,
): FacewrightError {
  const lines = [
    `${whatFailed(bad)} The stage uses ${stage}, at learning rate ${bad.rate}.`,
    `First bad tensor: ${bad.tensor}. Images in this step: ${listed(bad.images)}.`,
    ...(setbacks ? [`Going back and lowering the learning rate did not help (tried ${setbacks} times).`] : []),
  ];
  const good = savedAt === undefined || badBeforeStep ? '' : ` The checkpoint at step ${savedAt} is good.`;
  return new FacewrightError({
    what: lines.join('\n'),
    where: directory,
    todo: badBeforeStep
      ? `The weights were already bad before this step, in ${badBeforeStep}: start from other weights.`
      : `Lower the learning rate, add warm-up steps or set "clipNorm", then train again. Check the images listed above.${good}`,
  });
}

export const whatFailed = ({ loss, gradientNorm, step }: BadStep): string =>
  `Training went wrong at step ${step}: ${Number.isFinite(loss) ? `the gradient norm is ${gradientNorm} (loss ${loss})` : `the loss is ${loss}`}.`;

/** The first few of a list, for a message. */
export const listed = (names: readonly string[], most = 6): string =>
  names.length > most ? `${names.slice(0, most).join(', ')} and ${names.length - most} more` : names.join(', ');
