/** A device lost anywhere in a training: it comes back, and the training ends with the same bytes. */
import type { Emit, Engine, EventType, Events } from '@facewright/core';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { losable } from '../../test/faults.js';
import { cosineLoss, openCpu } from '../../test/tiny.js';
import { tinyRun, type TinyRun } from '../../test/tiny-run.js';
import { adam } from '../index.js';

let inner: Engine;
let root: string;
beforeAll(async () => {
  inner = await openCpu();
  root = await mkdtemp(join(tmpdir(), 'facewright-device-lost-'));
});
afterAll(async () => rm(root, { recursive: true }));

const stages: TinyRun['stages'] = [
  { optimiser: adam(), config: { rate: 0.02, until: { steps: 5 } } },
  { name: 'cosine', loss: cosineLoss, config: { rate: 0.05, init: { head: 'means' }, until: { steps: 5 } } },
];

/** The final weights of a training whose device is lost right after the first event accepted by `when`. */
async function weightsWhenLost<T extends EventType>(
  directory: string,
  type?: T,
  when: (event: Events[T]) => boolean = () => true,
): Promise<Buffer> {
  const { engine, lose } = losable(inner);
  let isLost = false;
  const emit: Emit = (emitted, event) => {
    if (isLost || (emitted as EventType) !== type || !when(event as Events[T])) return;
    isLost = true;
    lose();
  };
  const { error } = await tinyRun({ engine, stages, directory: join(root, directory), emit });
  expect(error).toBeUndefined();
  expect(isLost).toBe(type !== undefined);
  return readFile(join(root, directory, 'model', 'weights.safetensors'));
}

test.each([
  ['before the first step', 'stage.started', undefined],
  ['before a validation', 'train.step', ({ step }: Events['train.step']) => step === 5],
  ['before the end of a stage', 'progress', ({ done }: Events['progress']) => done === 40],
  ['while class centres are computed', 'progress', ({ task }: Events['progress']) => task === 'class centres'],
  ['before the last save', 'stage.finished', ({ stage }: Events['stage.finished']) => stage === 1],
] as const)('lost %s', async (name, type, when) => {
  const whole = await weightsWhenLost(`${name}: whole`);
  expect((await weightsWhenLost(name, type, when as never)).equals(whole)).toBe(true);
});
