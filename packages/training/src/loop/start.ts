/** Where a training or its next stage starts: from a checkpoint, given weights, or random ones. */
import { fromFirst, tensorsFromFirst } from '../cluster/agree.js';
import { stripPrefix, type InitialState } from '@facewright/core';
import { join } from '@facewright/platform';
import { writeIdentities } from '../checkpoint/identities.js';
import { firstRecord } from '../criteria/record.js';
import { onlyScaler, withoutScaler } from '../step/loss-scale.js';
import { classMeans } from './class-means.js';
import { withDevice } from './device-loss.js';
import type { StageEnd, StageStart } from './hand-over.js';
import { centresOf, noCentres, type KnownCentres } from './head-init.js';
import { requireModelTensors, requireSameTensors, stageState, type StageTensors } from './stage-state.js';
import type { Training } from './training.js';

/** As rank 0 finds it, so that the others need not reach its files. */
export const startOrResume = (training: Training): Promise<StageStart> =>
  asOnFirst(training, () => startHere(training));

async function startHere(training: Training): Promise<StageStart> {
  const { checkpoints, directory, model, random, resume, set, stages } = training;
  const found = resume ? await checkpoints.latest() : await checkpoints.requireNone();
  if (found) {
    const { anchor, ...position } = found.position;
    const stage = stages[position.stage];
    requireSameTensors(withoutScaler(found.state), model, stage, set.identities.length, directory);
    return { position, state: found.state, anchor, savedAt: position.step };
  }
  const from = await training.from?.();
  if (from) requireModelTensors(from.weights, model, random, from.where);
  const weights = from?.weights ?? model.init(random.fork('model'));
  // weights without centres know nobody, so everyone is new
  const known = from && (from.known ?? noCentres(model.embeddingSize));
  const start = await initialTensors(training, 0, weights, known);
  await writeIdentities(join(directory, 'checkpoints'), set.identities);
  return { ...start, position: { step: 0, stage: 0, record: firstRecord(stages[0].criteria) } };
}

/**
 * The model continues unchanged. Head and optimiser start fresh, the head from its previous class centres if possible.
 */
export const nextStage = (training: Training, end: StageEnd): Promise<StageStart> =>
  asOnFirst(training, () => nextStageHere(training, end));

/** What rank 0 begins with, on every rank: hosts may round differently what they compute. */
async function asOnFirst({ cluster }: Training, begin: () => Promise<StageStart>): Promise<StageStart> {
  if (cluster.size === 1) return begin();
  const own = cluster.rank === 0 ? await begin() : undefined;
  const start = await fromFirst(cluster, own && { ...own, state: undefined });
  return { ...start, state: await tensorsFromFirst(cluster, own?.state) } as StageStart;
}

async function nextStageHere(training: Training, { position, state, savedAt }: StageEnd): Promise<StageStart> {
  const stage = position.stage + 1;
  const { loss } = training.stages[position.stage];
  const weights = { params: stripPrefix('model/params', state), statistics: stripPrefix('model/statistics', state) };
  const start = await initialTensors(training, stage, weights, centresOf(loss, state, training.set.identities));
  return {
    head: start.head,
    state: { ...start.state, ...onlyScaler(state) },
    position: { ...position, stage, record: firstRecord(training.stages[stage].criteria) },
    savedAt,
  };
}

function initialTensors(
  { engine, model, set, stages, store, random, emit }: Training,
  stage: number,
  weights: InitialState,
  known?: KnownCentres,
): Promise<StageTensors> {
  return stageState(weights, stages[stage], {
    identities: set.identities,
    embeddingSize: model.embeddingSize,
    rule: stages[stage].config.init,
    known,
    random: random.fork('head', stage),
    meansOf: (labels) =>
      withDevice(engine, emit, () =>
        classMeans(weights, labels, { engine, model, samples: set.training, store, emit }),
      ),
  });
}
