/** Settings that fine-tuning derives from its initial weights: the model and the licence. */
import { join, resolve } from 'node:path';
import { findPlugin, type RunConfig, type RunConfigInput } from '@facewright/core';
import type { StartingPoint } from '@facewright/training';
import { modelOfData } from '../composition/compose.js';
import type { Scope } from '../composition/from-config.js';
import { openLibrary } from '../composition/node-library.js';
import { readRunRecord, RUN_RECORD } from '../run-directory.js';
import { StartingWeights } from './starting-weights.js';

/**
 * Trained weights already know faces, so the head learns its people first; then everything is trained briefly at a low
 * rate. The rates for random weights would destroy what they know.
 */
const TUNING: RunConfigInput['stages'] = [
  {
    loss: 'arcface',
    optimiser: 'adam',
    rate: 1e-4,
    warmUp: 20,
    freeze: { steps: 50 },
    until: { steps: 200, plateau: { window: 25, minimumGain: 0.05, patience: 2, minimumLoss: 0.05 } },
  },
];

export interface Beginning {
  /** Missing if training starts from random weights. A resumed run needs them only if it had not begun to train. */
  readonly weights?: StartingWeights;
  readonly resumed: boolean;
  /** Below the user's config: a fine-tuning stage, the model of the weights, and their licence. */
  readonly defaults: RunConfigInput;
}

/** What fine-tuning begins from. A resumed run takes the defaults from its record. */
export async function modelToBeginFrom(
  { from, out, plugins }: RunConfig,
  scope: Scope,
  { resume, given }: { readonly resume: boolean; readonly given: RunConfigInput },
): Promise<Beginning> {
  if (from === undefined) return { resumed: resume, defaults: {} };
  const own = resolve(scope.baseDirectory, out);
  const earlier = resume ? await readRunRecord(own) : undefined;
  const weights = new StartingWeights(resolve(scope.baseDirectory, from));
  const begun = earlier ? undefined : await weights.read();
  const beginning = { weights, resumed: earlier !== undefined };
  const licences = begun ? weightsLicence(begun) : earlier?.config.licences;
  const defaults: RunConfigInput = licences ? { licences } : {};
  if (given.stages === undefined) defaults.stages = TUNING;
  if (given.model !== undefined) return { ...beginning, defaults };
  const { known } = await openLibrary(plugins, scope);
  const { meta, options } = begun
    ? modelOfData({ model: begun.model, where: begun.path }, known)
    : findPlugin('model', earlier!.config.model, { known, where: join(own, RUN_RECORD) });
  return { ...beginning, defaults: { ...defaults, model: { ...(options as object), name: meta.name } } };
}

/** From the initial model's licences, only that of its weights, because the photos differ. */
function weightsLicence({ licences }: StartingPoint): RunConfigInput['licences'] {
  return licences?.weights === undefined ? undefined : { weights: licences.weights };
}
