/** The events of a small run, as the parts emit them, for this package's tests. */
import type { EventType, Events, RunEvent } from '@facewright/core';

export function sampleEvents({ photo = 'ann/1.jpg', identity = 'ann' } = {}): RunEvent[] {
  const events: RunEvent[] = [];
  let at = Date.UTC(2026, 0, 2, 3, 4, 5);
  const tell = <T extends EventType>(type: T, event: Events[T]): void => {
    at += 50;
    events.push({ type, at, ...event } as RunEvent);
  };
  tell('run.started', {
    command: 'run',
    seed: 7,
    config: { batch: 32, out: identity },
    versions: { facewright: '0.1.0', node: '20.19.0' },
  });
  tell('engine.opened', { name: 'wasm', device: 'wasm SIMD, 1 thread', purpose: 'detection and training' });
  tell('notice', { level: 'warning', message: `a notice about ${identity}`, todo: 'nothing' });
  tell('prepare.excluded', { photo, identity, reason: 'no-face', detail: '0 faces' });
  tell('prepare.finished', {
    summary: {
      photos: 100,
      kept: 97,
      dropped: 3,
      reasons: { 'no-face': 2, unreadable: 1 },
      perTier: { noised: { identities: 5, photos: 97, images: 388 } },
      identities: 5,
      images: 388,
      alignment: { fingerprint: 'five-point 112 bilinear black', size: 112, detector: 'mtcnn' },
      seed: 7,
      seconds: 10,
    },
    directory: 'out/dataset',
    photosPerSecond: 9.7,
  });
  tell('train.started', { identities: 3, images: 380, validation: 8, parameters: 12345 });
  let step = 0;
  for (const [stage, loss, steps, start] of [
    [0, 'softmax', 120, 3],
    [1, 'arcface', 80, 30],
  ] as const) {
    tell('stage.started', { stage, loss, optimiser: 'adam', step, head: stage ? 'adopted' : 'fresh' });
    for (let i = 0; i < steps; i++) {
      step++;
      const fall = Math.exp(-i / 40);
      tell('train.step', {
        stage,
        step,
        epoch: Math.floor(step / 12),
        loss: start * (0.1 + fall + 0.1 * Math.sin(i * 1.7) * fall),
        accuracy: 1 - 0.9 * fall,
        rate: stage ? 5e-4 : 1e-3,
        imagesPerSecond: 50,
        time: { data: 3, compute: 45, other: 2 },
      });
      if (step % 40 === 0)
        tell('train.validation', { stage, step, loss: start * (0.2 + fall), accuracy: 0.9 - 0.8 * fall, images: 8 });
    }
    tell('stage.finished', {
      stage,
      loss,
      steps,
      finalLoss: start * 0.15,
      endedBecause: 'plateau',
      evidence: { window: 20, means: [0.41, 0.409], gain: 0.0024, minimumGain: 0.01 },
    });
  }
  tell('train.finished', { steps: step, seconds: 100, imagesPerSecond: 48.5, directory: 'out/model' });
  tell('evaluate.finished', {
    heldOut: 2,
    verification: {
      pairs: 600,
      same: 300,
      different: 300,
      accuracy: 0.955,
      std: 0.02,
      foldAccuracies: Array<number>(10).fill(0.955),
      threshold: 0.31,
      eer: 0.045,
      auc: 0.9871,
      tarAtFar: { '1e-1': 0.99, '1e-2': 0.9, '1e-4': null },
      folds: 10,
      skipped: 0,
      operatingPoints: [
        { far: '1e-1', threshold: 0.2, tar: 0.99, falseAccepts: 30 },
        { far: '1e-2', threshold: 0.4375, tar: 0.9, falseAccepts: 3 },
        { far: '1e-4', threshold: null, tar: null, falseAccepts: null },
      ],
      roc: Array.from({ length: 50 }, (_, index) => ({
        far: (index / 49) ** 3,
        tar: Math.min(1, 0.8 + index / 150),
        threshold: 1 - index / 49,
      })),
    },
    people: {
      method: 'by hand',
      people: [
        {
          identity,
          points: [
            [0, 0],
            [0.1, 0.2],
          ],
        },
        { identity: 'ben', points: [[4, 4]] },
      ],
    },
  });
  tell('run.finished', { seconds: 130 });
  return events;
}
