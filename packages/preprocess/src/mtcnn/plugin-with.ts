/** The MTCNN plugin on the run's engine, with weights from a given source. */
import { API_VERSION, brand, definePlugin, FacewrightError, type PluginContext } from '@facewright/core';
import { z } from 'zod';
import { createMtcnn } from './detector.js';
import type { WeightsOutcome } from './weights.js';
import { VERSION } from '../version.js';

/** The weights are not available. A run can still continue if the dataset has landmarks. */
export class MtcnnUnavailable extends FacewrightError {
  static {
    brand(this, 'MtcnnUnavailable');
  }

  constructor(readonly reasons: readonly string[]) {
    super({
      what: 'Could not get the MTCNN weights.',
      where: reasons.join('; '),
      todo: 'Put face-api.js\'s mtcnn_model-shard1 or the PyPI wheel of mtcnn 0.1.1 somewhere and set its path: detector: { name: "mtcnn", weights: "<path>" }.',
    });
    this.name = 'MtcnnUnavailable';
  }
}

/** `path` is the `weights` option. */
export type WeightsSource = (path: string | undefined, context: PluginContext) => Promise<WeightsOutcome>;

const probability = z.number().min(0).max(1);

const options = z.strictObject({
  weights: z
    .string()
    .min(1)
    .optional()
    .describe('raw float32, .npy, .whl, or a directory with one of them; default: cache, download, PyPI'),
  rules: z
    .enum(['0.1', '1.0'])
    .default('0.1')
    .describe('the version of the Python package mtcnn whose results to reproduce'),
  minFace: z.number().min(4).default(20).describe('smallest face to look for, in pixels per side'),
  factor: z
    .number()
    .min(0.1)
    .max(0.95)
    .default(0.709)
    .describe('ratio between neighbouring scales of the image pyramid'),
  thresholds: z
    .tuple([probability, probability, probability])
    .optional()
    .describe('minimum probabilities after P-, R- and O-Net; default 0.6, 0.7 and 0.7 (0.8 with rules "1.0")'),
  rounding: z
    .enum(['truncate', 'none'])
    .default('truncate')
    .describe('truncate: whole pixels, as the Python package returns them'),
});

/** Finds faces and their five landmarks. `create` rejects with `MtcnnUnavailable` if the weights are not available. */
export const mtcnnWith = (weightsOf: WeightsSource) =>
  definePlugin({
    meta: {
      name: 'mtcnn',
      kind: 'detector',
      version: VERSION,
      apiVersion: API_VERSION,
      description: 'MTCNN, with the same results as the Python package mtcnn',
    },
    options,
    async create({ weights: path, thresholds, ...settings }, context) {
      const outcome = await weightsOf(path, context);
      if (!outcome.weights) throw new MtcnnUnavailable(outcome.reasons);
      return createMtcnn(
        await context.engine(),
        outcome.weights,
        { ...settings, thresholds: thresholds ?? [0.6, 0.7, settings.rules === '1.0' ? 0.8 : 0.7] },
        context.signal,
      );
    },
  });

declare module '@facewright/core' {
  interface DetectorPlugins {
    mtcnn: ReturnType<typeof mtcnnWith>;
  }
}
