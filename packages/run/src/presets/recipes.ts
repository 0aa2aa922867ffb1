/** Published recipes as configs: the training settings of their sources. */
import type { RunConfigInput } from '@facewright/core';

/** Momentum 0.9, weight decay 4e-5, and 4e-4 for these groups. */
const sgdWithDecay = (...groups: string[]): { name: string; [option: string]: unknown } => ({
  name: 'sgd',
  momentum: 0.9,
  weightDecay: 4e-5,
  groups: Object.fromEntries(groups.map((group) => [group, 4e-4])),
});

/** MobileFaceNet's paper (arXiv 1804.07573v4, section 4.1) on CASIA-WebFace: ArcFace from the start, 60,000 steps. */
export const PAPER: RunConfigInput = {
  model: 'mobilefacenet',
  batch: 512,
  stages: [
    {
      loss: 'arcface',
      optimiser: sgdWithDecay('afterGlobal', 'head'),
      rate: 0.1,
      schedule: { name: 'step', at: [36_000, 52_000, 58_000] },
      until: { steps: 60_000 },
    },
  ],
};

/**
 * TMaysGGS/MobileFaceNet-Keras, the original project: Adam at 1e-3 and batches of 128, softmax until the loss levels
 * off, then ArcFace. The original failed at the switch (class centres discarded, a rate of 0.01 with fresh moments);
 * here the centres carry over and the rate warms up.
 */
export const SEED: RunConfigInput = {
  model: 'mobilefacenet',
  batch: 128,
  flip: false,
  stages: [
    { loss: 'softmax', optimiser: { name: 'adam', epsilon: 1e-8 }, rate: 1e-3, until: { epochs: 1000, plateau: {} } },
    {
      loss: { name: 'arcface', s: 64, m: 0.5, beyond: 'fallback' },
      optimiser: { name: 'adam', epsilon: 1e-8 },
      rate: 1e-3,
      warmUp: 200,
      until: { epochs: 1000, plateau: {} },
    },
  ],
};

/** The MobileFaceNet author's commands in deepinsight/insightface #214, on MS1M: batches of 4 × 128; 120,000 steps of softmax, then ArcFace. */
export const INSIGHTFACE_214: RunConfigInput = {
  model: 'mobilefacenet',
  batch: 512,
  stages: [
    { loss: 'softmax', optimiser: sgdWithDecay('head'), rate: 0.1, until: { steps: 120_000 } },
    {
      loss: { name: 'arcface', s: 64, m: 0.5 },
      optimiser: sgdWithDecay('head'),
      rate: 0.1,
      schedule: { name: 'step', at: [100_000, 140_000, 160_000] },
      until: { steps: 180_000 },
    },
  ],
};
