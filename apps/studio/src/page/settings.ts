/** Training settings of the page: configs sized for a browser, from the few options in its form. */
import type { RunConfigInput } from '@facewright/core';

export interface Choices {
  readonly net: keyof typeof NETS;
  readonly loss: keyof typeof LOSSES;
  readonly softmaxSteps: number;
  readonly marginSteps: number;
  readonly batch: number;
  /** People held out of training. */
  readonly heldOut: number;
  readonly seed: number;
}

/** Explains the choice of a network, for its field. */
export const NET_HINT = 'Small trains in minutes, medium takes longer, full takes hours without a GPU.';

/**
 * MobileFaceNets with the same structure: the small one has about 1 % of the full network's work, the medium one a
 * quarter.
 */
const NETS = {
  small: {
    name: 'mobilefacenet',
    inputSize: 64,
    width: 0.25,
    bottlenecks: [
      [2, 64, 2, 2],
      [4, 128, 1, 2],
      [2, 128, 2, 1],
    ],
  },
  medium: { name: 'mobilefacenet', width: 0.5 },
  full: { name: 'mobilefacenet' },
} as const;
export const NET_NAMES: readonly (readonly [Choices['net'], string])[] = [
  ['small', 'small'],
  ['medium', 'medium'],
  ['full', 'full MobileFaceNet'],
];

const LOSSES = {
  arcface: { name: 'arcface', s: 32, m: 0.4 },
  cosface: { name: 'cosface', s: 32, m: 0.25 },
  adaface: { name: 'adaface' },
} as const;
export const LOSS_NAMES: readonly (readonly [Choices['loss'], string])[] = [
  ['arcface', 'ArcFace'],
  ['cosface', 'CosFace'],
  ['adaface', 'AdaFace'],
];

/** Softmax first, then the margin. People with few photos are augmented, as in the tiers. */
export function configFor({ net, loss, softmaxSteps, marginSteps, batch, heldOut, seed }: Choices): RunConfigInput {
  return {
    seed,
    tiers: [
      { name: 'kept', above: 29, augment: [] },
      { name: 'opened', above: 7, augment: ['opening'] },
      { name: 'noised', above: 1, augment: ['opening', 'gaussian-noise', 'salt-and-pepper'] },
    ],
    faces: 'largest',
    model: { ...NETS[net] },
    batch,
    stages: [
      {
        loss: 'softmax',
        optimiser: 'adam',
        rate: 2e-3,
        until: { steps: softmaxSteps, plateau: { window: 20, minimumGain: 0.25, patience: 1, minimumLoss: 0.05 } },
      },
      ...(marginSteps > 0
        ? [{ loss: { ...LOSSES[loss] }, optimiser: 'adam', rate: 7e-4, warmUp: 10, until: { steps: marginSteps } }]
        : []),
    ],
    validation: { minimum: 16, everySteps: 25 },
    heldOut: { identities: heldOut, pairs: 2000 },
    checkpoint: { everySteps: 100, keep: 1 },
  };
}
