/**
 * Defaults below the user's config: reasonable for the engine, where the general defaults would take days, and known
 * recipes.
 */
import type { BackendTraits, ConfiguredPlugin, RunConfigInput } from '@facewright/core';
import { traitsOf } from '../composition/engines.js';
import type { PresetName } from './names.js';
import { QUARTER_WIDTH_64 } from './nets.js';
import { INSIGHTFACE_214, PAPER, SEED } from './recipes.js';
import { SAMPLE_PRESET } from './sample.js';

const FITTING = { slow: 'small', processor: 'medium', accelerator: 'full' } as const;

/** A few photos seen that often have nothing left to teach, whatever the loss still gains. */
const MOST_EPOCHS = 100;

interface Sizes {
  /** Most steps of each stage. */
  readonly steps: number;
  /** Steps between two looks at whether the loss has levelled off. */
  readonly window: number;
  readonly rates: readonly [softmax: number, arcface: number];
  readonly warmUp: number;
}

/** Softmax, then ArcFace, each until its loss levels off. */
function softmaxThenArcFace({ steps, window, rates: [softmax, arcface], warmUp }: Sizes): RunConfigInput['stages'] {
  const until = (minimumGain: number) => ({
    steps,
    epochs: MOST_EPOCHS,
    plateau: { window, minimumGain, patience: 2, minimumLoss: 0.05 },
  });
  return [
    { loss: 'softmax', optimiser: 'adam', rate: softmax, until: until(0.1) },
    { loss: { name: 'arcface', s: 32, m: 0.4 }, optimiser: 'adam', rate: arcface, warmUp, until: until(0.05) },
  ];
}

/**
 * A quarter-width MobileFaceNet with five bottlenecks at 64×64 (about 1 % of the full network's work), and stages with
 * a limited number of steps. Photos are searched for faces of at least 40 pixels, which takes a quarter of the time
 * needed for the original project's 20 pixels.
 */
const SMALL: RunConfigInput = {
  detector: { name: 'mtcnn', minFace: 40 },
  model: QUARTER_WIDTH_64,
  batch: 32,
  stages: softmaxThenArcFace({ steps: 400, window: 40, rates: [2e-3, 1e-3], warmUp: 20 }),
  validation: { everySteps: 50 },
  checkpoint: { everySteps: 200 },
};

/**
 * A half-width MobileFaceNet at 112×112 (about a quarter of the full network's work), and stages with a limited number
 * of steps.
 */
const MEDIUM: RunConfigInput = {
  model: { name: 'mobilefacenet', width: 0.5 },
  batch: 64,
  stages: softmaxThenArcFace({ steps: 600, window: 20, rates: [1e-3, 5e-4], warmUp: 40 }),
  validation: { everySteps: 50 },
  checkpoint: { everySteps: 100 },
};

/** The training settings of `--sample`, for the user's own data. */
const { out: _, ...SAMPLE } = SAMPLE_PRESET;

const PRESETS: Readonly<Record<Exclude<PresetName, 'auto'>, RunConfigInput>> = {
  small: SMALL,
  medium: MEDIUM,
  full: {},
  paper: PAPER,
  seed: SEED,
  'insightface-214': INSIGHTFACE_214,
  sample: SAMPLE,
};

export interface Preset {
  readonly name: Exclude<PresetName, 'auto'>;
  readonly config: RunConfigInput;
}

/** The preset that fits an engine, unless one is requested. */
export function presetFor({ speed }: Pick<BackendTraits, 'speed'>, wanted: PresetName = 'auto'): Preset {
  const name = wanted === 'auto' ? FITTING[speed] : wanted;
  return { name, config: PRESETS[name] };
}

/** The same for a configured engine. */
export const presetOf = async (backend: ConfiguredPlugin<'backend'>, wanted?: PresetName): Promise<Preset> =>
  presetFor(await traitsOf(backend), wanted);
