/** Event files read by TensorBoard itself. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPython } from '@facewright/test/python';
import { expect, test } from 'vitest';
import { event, log, started, step } from '../../test/tensorboard-events.js';

const { python, missing } = findPython('python-tensorboard', ['tensorboard==2.21.0']);

test.skipIf(missing)(
  `TensorBoard reads it, drops what a resumed run and a setback revert, and finds no damage${missing ? ` (skipped: ${missing})` : ''}`,
  async () => {
    const directory = await mkdtemp(join(tmpdir(), 'facewright-tensorboard-'));
    const verification = {
      pairs: 10,
      same: 5,
      different: 5,
      accuracy: 0.9,
      std: 0.01,
      foldAccuracies: [0.9],
      threshold: 0.3,
      eer: 0.1,
      auc: 0.95,
      operatingPoints: [],
      tarAtFar: { '1e-1': 0.8, '1e-6': null },
      roc: [],
      folds: 10,
      skipped: 0,
    };
    await log(directory, [
      started(),
      step(1, 5),
      step(2, 4),
      step(3, 3),
      event('train.validation', { stage: 0, step: 3, loss: 3.5, accuracy: 0.25, images: 4 }),
    ]);
    await log(directory, [
      started(2),
      step(3, 2.5),
      step(4, 2),
      event('train.setback', { stage: 0, step: 5, backTo: 3, rateFactor: 0.5, tensor: 'x', images: [] }),
      step(4, 1.75),
      step(5, 1.5),
      event('evaluate.finished', { verification }),
    ]);
    const script = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
accumulator = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0})
accumulator.Reload()
print(json.dumps({tag: [[e.step, e.value] for e in accumulator.Scalars(tag)] for tag in accumulator.Tags()["scalars"]}))`;
    const read = JSON.parse(
      execFileSync(python!, ['-c', script, join(directory, 'tensorboard')], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    ) as Record<string, [number, number][]>;
    expect(read['train/loss']).toEqual([
      [1, 5],
      [2, 4],
      [3, 2.5],
      [4, 1.75],
      [5, 1.5],
    ]);
    expect(read['train/gradient_norm']).toHaveLength(5);
    expect(read['validation/accuracy']).toEqual([]);
    expect(read['verification/accuracy'][0][0]).toBe(5);
    expect(read['verification/accuracy'][0][1]).toBeCloseTo(0.9, 6);
    expect(Object.keys(read)).toContain('verification/tar_at_far_1e-1');
    expect(Object.keys(read)).not.toContain('verification/tar_at_far_1e-6');
    await rm(directory, { recursive: true });
  },
);
