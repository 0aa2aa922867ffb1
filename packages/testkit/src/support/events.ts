/** One event of every type, in the order of a run. Add new types in core here. */
import type { Events, EventType, RunEvent } from '@facewright/core';

const EVENTS: { readonly [T in EventType]: Events[T] } = {
  'run.started': { command: 'run', seed: 1, config: { batch: 8 }, versions: { facewright: '0.1.0' } },
  'engine.opened': { name: 'cpu', device: 'plain JavaScript', purpose: 'training' },
  notice: { level: 'warning', message: 'something to know – ünïcode', todo: 'nothing' },
  progress: { task: 'prepare', done: 3, total: 10, unit: 'photos', perSecond: 1.5 },
  'prepare.excluded': { photo: 'ann/1.jpg', identity: 'ann', reason: 'no-face' },
  'prepare.finished': {
    summary: {
      photos: 10,
      kept: 9,
      dropped: 1,
      reasons: { 'no-face': 1 },
      perTier: { all: { identities: 2, photos: 9, images: 9 } },
      identities: 2,
      images: 9,
      alignment: { fingerprint: 'five-point 112', size: 112 },
      seed: 1,
      seconds: 2,
    },
    directory: 'dataset',
    photosPerSecond: 5,
  },
  'engine.fallback': { name: 'cpu', step: 'training', missing: 'no kernel' },
  'engine.compiled': { name: 'cpu', step: 'training', seconds: 0.1 },
  'train.started': { identities: 2, images: 8, validation: 1, parameters: 100 },
  'stage.started': { stage: 0, loss: 'softmax', optimiser: 'adam', step: 0, head: 'fresh' },
  'train.step': { stage: 0, step: 1, epoch: 0, loss: 2.5, accuracy: 0.5, rate: 0.01, imagesPerSecond: 20 },
  'train.validation': { stage: 0, step: 1, loss: 2.5, accuracy: 0.5, images: 1 },
  'train.setback': { stage: 0, step: 2, backTo: 1, rateFactor: 0.5, tensor: 'loss', images: ['ann/1.jpg'] },
  'checkpoint.written': { path: 'checkpoints/00000001', stage: 0, step: 1 },
  'stage.finished': { stage: 0, loss: 'softmax', steps: 2, finalLoss: 2, endedBecause: 'steps', evidence: {} },
  'train.finished': { steps: 2, seconds: 1, imagesPerSecond: 20, directory: 'model' },
  'evaluate.finished': {
    verification: {
      pairs: 4,
      same: 2,
      different: 2,
      accuracy: 0.75,
      std: 0.25,
      foldAccuracies: [0.5, 1],
      threshold: 0.4,
      eer: 0.25,
      auc: 0.9,
      tarAtFar: { '1e-1': 0.5, '1e-3': null },
      operatingPoints: [{ far: '1e-1', threshold: 0.4, tar: 0.5, falseAccepts: 1 }],
      roc: [{ far: 0, tar: 0.5, threshold: 0.5 }],
      folds: 2,
      skipped: 0,
    },
  },
  'run.finished': { seconds: 5 },
};

/** Frozen, to catch readers that modify an event. */
export const eventsOfARun = (): RunEvent[] =>
  Object.entries(EVENTS).map(
    ([type, event], index) => deepFreeze({ type, at: 1_700_000_000_000 + index, ...event }) as RunEvent,
  );

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}
