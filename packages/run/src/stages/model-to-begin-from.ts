/** What a config need not say of a fine-tuning: the model and the licence of the weights that it begins from. */
import { join, resolve } from 'node:path';
import { findPlugin, type RunConfig, type RunConfigInput } from '@facewright/core';
import { readStartingPoint, type StartingPoint } from '@facewright/training';
import { modelOfData } from '../composition/compose.js';
import type { Scope } from '../composition/from-config.js';
import { openLibrary } from '../composition/node-library.js';
import { readRunRecord, RUN_RECORD } from '../run-directory.js';

/**
 * Trained weights know faces already: the head learns its people first, then everything goes on at a low rate and not for long. The rates for a
 * start from drawn weights would undo what they know.
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

/**
 * What lies under the config of a fine-tuning: a stage for tuning and the model that its weights are of, unless the config has its own, and their licence. A resumed run knows
 * them already, and no longer needs what it began from.
 */
export async function modelToBeginFrom(
  { from, out, plugins }: RunConfig,
  scope: Scope,
  { resume, given }: { readonly resume: boolean; readonly given: RunConfigInput },
): Promise<RunConfigInput> {
  if (from === undefined) return {};
  const own = resolve(scope.baseDirectory, out);
  const earlier = resume ? await readRunRecord(own) : undefined;
  const begun = earlier ? undefined : await readStartingPoint(resolve(scope.baseDirectory, from));
  const licences = begun ? weightsLicence(begun) : earlier?.config.licences;
  const underlay: RunConfigInput = licences ? { licences } : {};
  if (given.stages === undefined) underlay.stages = TUNING;
  if (given.model !== undefined) return underlay;
  const { known } = await openLibrary(plugins, scope);
  const { meta, options } = begun
    ? modelOfData({ model: begun.model, where: begun.path }, known)
    : findPlugin('model', earlier!.config.model, { known, where: join(own, RUN_RECORD) });
  return { ...underlay, model: { ...(options as object), name: meta.name } };
}

/** Of the licences of the model to begin from, that of its weights: the photos are others. */
function weightsLicence({ licences }: StartingPoint): RunConfigInput['licences'] {
  return licences?.weights === undefined ? undefined : { weights: licences.weights };
}
