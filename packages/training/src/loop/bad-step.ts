/** Messages for a step whose loss or gradient is NaN or infinite. */
import { FacewrightError } from '@facewright/core';
import type { Outcome } from './outcome.js';

export interface BadStep extends Pick<Outcome, 'loss' | 'gradientNorm'> {
  /** Counted from 1. */
  readonly step: number;
  readonly rate: number;
  /** The first tensor that went bad. */
  readonly tensor: string;
  /** Names of the step's images. */
  readonly images: readonly string[];
}

interface Failure {
  /** Name of the stage's loss. */
  readonly stage: string;
  readonly directory: string;
  readonly setbacks: number;
  /** Step of the newest good checkpoint. */
  readonly savedAt?: number;
  /** Set if a tensor of the return point itself is NaN or infinite: going back cannot help. */
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
