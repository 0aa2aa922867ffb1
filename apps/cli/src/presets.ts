/** Config that lies under the user's: what is sensible for a slow engine, where the defaults would take days. */
import type { RunConfigInput } from '@facewright/core';

/** Engines that run op by op on one thread: the full net takes seconds a step on them. */
const SLOW_ENGINES: readonly string[] = ['wasm', 'cpu'];

export const PRESET_NAMES = ['auto', 'small', 'full'] as const;
export type PresetName = (typeof PRESET_NAMES)[number];

/**
 * A quarter-width MobileFaceNet with five bottlenecks at 64×64 (about 1 % of the full net's work) and stages of a limited number of steps.
 * Photos are searched for faces of 40 pixels and more, which takes a quarter of the time that the seed's 20 pixels take.
 */
const SMALL: RunConfigInput = {
  detector: { name: 'mtcnn', minFace: 40 },
  model: { name: 'mobilefacenet', inputSize: 64, width: 0.25, bottlenecks: [[2, 64, 2, 2], [4, 128, 1, 2], [2, 128, 2, 1]] },
  batch: 32,
  stages: [
    { loss: 'softmax', optimiser: 'adam', rate: 2e-3, until: { steps: 400, plateau: { window: 40, minimumGain: 0.1, patience: 2 } } },
    { loss: { name: 'arcface', s: 32, m: 0.4 }, optimiser: 'adam', rate: 1e-3, warmUp: 20, until: { steps: 400, plateau: { window: 40, minimumGain: 0.05, patience: 2 } } },
  ],
  validation: { everySteps: 50 },
  checkpoint: { everySteps: 200 },
};

export interface Preset {
  readonly name: Exclude<PresetName, 'auto'>;
  readonly config: RunConfigInput;
}

/** The preset for an engine: `small` on a slow one, unless another is asked for. */
export function presetFor(engine: string, wanted: PresetName = 'auto'): Preset {
  const name = wanted === 'auto' ? (SLOW_ENGINES.includes(engine) ? 'small' : 'full') : wanted;
  return { name, config: name === 'small' ? SMALL : {} };
}
