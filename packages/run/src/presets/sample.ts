/** The drawn sample and its preset: people whose photo counts cover every tier, sized for a slow engine. */
import type { Emit, RunConfigInput } from '@facewright/core';
import { generateSample } from '@facewright/datasets';
import { QUARTER_WIDTH_64 } from './nets.js';

export interface SampleOptions {
  /** Groups of people with the same number of photos. */
  readonly people?: readonly { readonly people: number; readonly photos: number }[];
}

/** One group per tier of the preset, and one below all of them. */
const PEOPLE: NonNullable<SampleOptions['people']> = [
  { people: 2, photos: 16 },
  { people: 6, photos: 12 },
  { people: 60, photos: 9 },
  { people: 32, photos: 7 },
  { people: 2, photos: 4 },
];

/**
 * The original project's tiers with lower thresholds, 20 of the people held out, and a quarter-width MobileFaceNet with
 * five bottlenecks at 64×64. The drawn faces are about 150 pixels wide, so much smaller ones need not be detected. Many
 * people with few photos teach more about strangers than few people with many.
 */
export const SAMPLE_PRESET: RunConfigInput = {
  out: 'facewright-sample',
  reader: 'folder',
  detector: { name: 'mtcnn', minFace: 80, rounding: 'none' },
  tiers: [
    { name: 'picked', above: 14, pick: 14, augment: [] },
    { name: 'kept', above: 11, augment: [] },
    { name: 'opened', above: 8, augment: ['opening'] },
    { name: 'noised', above: 5, augment: ['opening', 'gaussian-noise', 'salt-and-pepper'] },
  ],
  model: QUARTER_WIDTH_64,
  batch: 32,
  // so few images are soon memorised: a gain of less than a quarter in 20 steps counts as a plateau
  stages: [
    {
      loss: 'softmax',
      optimiser: 'adam',
      rate: 2e-3,
      until: { steps: 300, plateau: { window: 20, minimumGain: 0.25, patience: 1 } },
    },
    { loss: { name: 'arcface', s: 32, m: 0.4 }, optimiser: 'adam', rate: 7e-4, warmUp: 10, until: { steps: 240 } },
  ],
  validation: { minimum: 32, everySteps: 25 },
  heldOut: { identities: 20, pairs: 2000 },
  checkpoint: { everySteps: 100 },
};

export async function drawSample({
  people = PEOPLE,
  ...rest
}: SampleOptions & { directory: string; seed: number; emit: Emit; signal: AbortSignal }): Promise<{ list: string }> {
  const counts = people.flatMap((group) => Array.from({ length: group.people }, () => group.photos));
  return generateSample({ ...rest, people: counts.length, photos: (index) => counts[index] });
}
