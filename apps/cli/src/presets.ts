/** Config that lies under the user's: what is sensible for the engine, where the defaults would take days, and known recipes. */
import type { ConfiguredPlugin, RunConfigInput } from '@facewright/core';
import { SAMPLE_PRESET } from './sample.js';

/** Engines that run op by op on one thread: the full net takes seconds a step on them. */
const SLOW_ENGINES: readonly string[] = ['wasm', 'cpu'];
/** Engines that compile the step for a processor: the full net takes seconds a batch, a run of hours on a large dataset. */
const CPU_ENGINES: readonly string[] = ['onnx'];

export const PRESET_NAMES = ['auto', 'small', 'medium', 'full', 'paper', 'seed', 'insightface-214', 'sample'] as const;
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
    { loss: 'softmax', optimiser: 'adam', rate: 2e-3, until: { steps: 400, plateau: { window: 40, minimumGain: 0.1, patience: 2, minimumLoss: 0.05 } } },
    { loss: { name: 'arcface', s: 32, m: 0.4 }, optimiser: 'adam', rate: 1e-3, warmUp: 20, until: { steps: 400, plateau: { window: 40, minimumGain: 0.05, patience: 2, minimumLoss: 0.05 } } },
  ],
  validation: { everySteps: 50 },
  checkpoint: { everySteps: 200 },
};

/** A half-width MobileFaceNet at 112×112 (about a quarter of the full net's work) and stages of a limited number of steps. */
const MEDIUM: RunConfigInput = {
  model: { name: 'mobilefacenet', width: 0.5 },
  batch: 64,
  stages: [
    { loss: 'softmax', optimiser: 'adam', rate: 1e-3, until: { steps: 600, plateau: { window: 20, minimumGain: 0.1, patience: 2, minimumLoss: 0.05 } } },
    { loss: { name: 'arcface', s: 32, m: 0.4 }, optimiser: 'adam', rate: 5e-4, warmUp: 40, until: { steps: 600, plateau: { window: 20, minimumGain: 0.05, patience: 2, minimumLoss: 0.05 } } },
  ],
  validation: { everySteps: 50 },
  checkpoint: { everySteps: 100 },
};

/** Momentum 0.9, weight decay 4e-5, and 4e-4 for these groups. */
const sgdWithDecay = (...groups: string[]): { name: string; [option: string]: unknown } => ({ name: 'sgd', momentum: 0.9, weightDecay: 4e-5, groups: Object.fromEntries(groups.map((group) => [group, 4e-4])) });

/** MobileFaceNet's paper (arXiv 1804.07573v4, section 4.1) on CASIA-WebFace: ArcFace from the start, 60,000 steps. */
const PAPER: RunConfigInput = {
  model: 'mobilefacenet',
  batch: 512,
  stages: [{ loss: 'arcface', optimiser: sgdWithDecay('afterGlobal', 'head'), rate: 0.1, schedule: { name: 'step', at: [36_000, 52_000, 58_000] }, until: { steps: 60_000 } }],
};

/**
 * TMaysGGS/MobileFaceNet-Keras: Adam at 1e-3 and batches of 128, softmax until it lingers, then ArcFace. Where the seed went wrong at the switch
 * (class centres thrown away, a rate of 0.01 with fresh moments) the centres go over and the rate warms up.
 */
const SEED: RunConfigInput = {
  model: 'mobilefacenet',
  batch: 128,
  flip: false,
  stages: [
    { loss: 'softmax', optimiser: { name: 'adam', epsilon: 1e-8 }, rate: 1e-3, until: { epochs: 1000, plateau: {} } },
    { loss: { name: 'arcface', s: 64, m: 0.5, beyond: 'fallback' }, optimiser: { name: 'adam', epsilon: 1e-8 }, rate: 1e-3, warmUp: 200, until: { epochs: 1000, plateau: {} } },
  ],
};

/** The MobileFaceNet author's commands in deepinsight/insightface #214, on MS1M: batches of 4 × 128; 120,000 steps of softmax, then ArcFace. */
const INSIGHTFACE_214: RunConfigInput = {
  model: 'mobilefacenet',
  batch: 512,
  stages: [
    { loss: 'softmax', optimiser: sgdWithDecay('head'), rate: 0.1, until: { steps: 120_000 } },
    { loss: { name: 'arcface', s: 64, m: 0.5 }, optimiser: sgdWithDecay('head'), rate: 0.1, schedule: { name: 'step', at: [100_000, 140_000, 160_000] }, until: { steps: 180_000 } },
  ],
};

/** What `--sample` trains with, for data of one's own. */
const { out: _, ...SAMPLE } = SAMPLE_PRESET;

const CONFIGS: Readonly<Record<Exclude<PresetName, 'auto'>, RunConfigInput>> = { small: SMALL, medium: MEDIUM, full: {}, paper: PAPER, seed: SEED, 'insightface-214': INSIGHTFACE_214, sample: SAMPLE };

export interface Preset {
  readonly name: Exclude<PresetName, 'auto'>;
  readonly config: RunConfigInput;
}

/** The preset for an engine, unless one is asked for: `small` where steps run op by op, `medium` on a processor, else `full`. */
export function presetFor(engine: { readonly name: string; readonly provider?: string }, wanted: PresetName = 'auto'): Preset {
  const fitting = SLOW_ENGINES.includes(engine.name) ? 'small' : CPU_ENGINES.includes(engine.name) && (engine.provider ?? 'cpu') === 'cpu' ? 'medium' : 'full';
  const name = wanted === 'auto' ? fitting : wanted;
  return { name, config: CONFIGS[name] };
}

/** The same for a configured engine. */
export const presetOf = ({ meta, options }: ConfiguredPlugin<'backend'>, wanted?: PresetName): Preset => presetFor({ name: meta.name, provider: (options as { provider?: string }).provider }, wanted);
