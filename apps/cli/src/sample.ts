/** The drawn sample and its preset: people whose photo counts fall in every tier, sized for a slow engine. */
import type { Emit, RunConfigInput } from '@facewright/core';
import { generateSample } from '@facewright/datasets';

/** People by number of photos: one group for each tier of the preset, and one below them all. */
const GROUPS = [
  { people: 2, photos: 24 },
  { people: 6, photos: 18 },
  { people: 40, photos: 14 },
  { people: 22, photos: 10 },
  { people: 2, photos: 6 },
];

const PEOPLE = GROUPS.reduce((sum, { people }) => sum + people, 0);

/**
 * The seed's tiers with thresholds scaled down, 20 of the people kept out of training, and a quarter-width MobileFaceNet with five bottlenecks
 * at 64×64. The drawn faces are about 150 pixels wide: smaller ones need not be looked for.
 */
export const SAMPLE_PRESET: RunConfigInput = {
  out: 'facewright-sample',
  reader: 'folder',
  detector: { name: 'mtcnn', minFace: 60 },
  tiers: [
    { name: 'picked', above: 20, pick: 20, augment: [] },
    { name: 'kept', above: 16, augment: [] },
    { name: 'opened', above: 12, augment: ['opening'] },
    { name: 'noised', above: 8, augment: ['opening', 'gaussian-noise', 'salt-and-pepper'] },
  ],
  model: { name: 'mobilefacenet', inputSize: 64, width: 0.25, bottlenecks: [[2, 64, 2, 2], [4, 128, 1, 2], [2, 128, 2, 1]] },
  batch: 32,
  stages: [
    { loss: 'softmax', optimiser: 'adam', rate: 2e-3, until: { steps: 300, plateau: { window: 20, minimumGain: 0.05, patience: 2 } } },
    { loss: { name: 'arcface', s: 32, m: 0.3 }, optimiser: 'adam', rate: 1e-3, warmUp: 10, until: { steps: 150, plateau: { window: 20, minimumGain: 0.03, patience: 2 } } },
  ],
  validation: { minimum: 32, everySteps: 25 },
  heldOut: { identities: 20, pairs: 2000 },
  checkpoint: { everySteps: 100 },
};

export async function drawSample({ directory, seed, emit, signal }: { directory: string; seed: number; emit: Emit; signal: AbortSignal }): Promise<{ list: string }> {
  const counts = GROUPS.flatMap(({ people, photos }) => Array.from({ length: people }, () => photos));
  return generateSample({ directory, seed, people: PEOPLE, photos: (index) => counts[index], emit, signal });
}
