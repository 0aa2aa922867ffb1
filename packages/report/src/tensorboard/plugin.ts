/** The `tensorboard` logger: a run's curves for `tensorboard --logdir <run>/tensorboard`. */
import { definePlugin, type EventType, type Logger, type OpenLogger, type RunEvent } from '@facewright/core';
import { closeSync, fsyncSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { encodeEvent, encodeRecord, type EventContent } from './records.js';
import { VERSION } from '../version.js';

type Scalars = Readonly<Record<string, number>>;

/** TensorBoard scalars for each event, at its step or at the last step reported. */
const scalarsOf: { readonly [T in EventType]?: (event: RunEvent<T>) => { step?: number; scalars: Scalars } } = {
  'train.step': ({ step, stage, epoch, loss, accuracy, rate, imagesPerSecond, gradientNorm, lossScale, time }) => ({
    step,
    scalars: {
      'train/loss': loss,
      'train/accuracy': accuracy,
      'train/rate': rate,
      'train/images_per_second': imagesPerSecond,
      'train/epoch': epoch,
      'train/stage': stage,
      ...(gradientNorm !== undefined && { 'train/gradient_norm': gradientNorm }),
      ...(lossScale && { 'train/loss_scale': lossScale.scale }),
      ...(time && { 'time/data_ms': time.data, 'time/compute_ms': time.compute, 'time/other_ms': time.other }),
    },
  }),
  'train.validation': ({ step, loss, accuracy }) => ({
    step,
    scalars: { 'validation/loss': loss, 'validation/accuracy': accuracy },
  }),
  'evaluate.finished': ({ verification: { accuracy, std, threshold, eer, auc, tarAtFar } }) => ({
    scalars: {
      'verification/accuracy': accuracy,
      'verification/std': std,
      'verification/threshold': threshold,
      'verification/eer': eer,
      'verification/auc': auc,
      ...Object.fromEntries(
        Object.entries(tarAtFar).flatMap(([far, tar]) =>
          tar === null ? [] : [[`verification/tar_at_far_${far}`, tar]],
        ),
      ),
    },
  }),
};

/** The step from which a run reports its steps again. */
function restartOf(event: RunEvent): number | undefined {
  if (event.type === 'train.started') return (event.resumedAt ?? 0) + 1;
  return event.type === 'train.setback' ? event.backTo + 1 : undefined;
}

/** The millisecond of the start names the file, or the next one that no other start has taken. */
function createEventFile(directory: string, milliseconds: number): number {
  const seconds = (milliseconds / 1000).toFixed(3).padStart(14, '0');
  try {
    return openSync(join(directory, `events.out.tfevents.${seconds}.facewright.${process.pid}`), 'wx');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return createEventFile(directory, milliseconds + 1);
  }
}

/** A new file for each start of a run, because TensorBoard reads the files of a directory in order of name. */
function openEventFile(directory: string): OpenLogger {
  mkdirSync(directory, { recursive: true });
  const now = Date.now();
  let file: number | undefined = createEventFile(directory, now);
  let lastStep = 0;
  const write = (at: number, step: number, content: EventContent): void => {
    if (file !== undefined) writeSync(file, encodeRecord(encodeEvent(at / 1000, step, content)));
  };
  write(now, 0, { fileVersion: 'brain.Event:2' });
  return {
    reader(event) {
      const restart = restartOf(event);
      if (restart !== undefined) write(event.at, restart, { restart: true });
      const told = (scalarsOf[event.type] as ((event: RunEvent) => { step?: number; scalars: Scalars }) | undefined)?.(
        event,
      );
      if (!told) return;
      lastStep = told.step ?? lastStep;
      write(event.at, lastStep, { scalars: told.scalars });
    },
    close() {
      if (file === undefined) return;
      fsyncSync(file);
      closeSync(file);
      file = undefined;
    },
  };
}

/** The `tensorboard` logger plugin. */
export const tensorBoard = definePlugin({
  meta: {
    name: 'tensorboard',
    kind: 'logger',
    version: VERSION,
    apiVersion: 1,
    description: 'event files for TensorBoard',
  },
  options: z.strictObject({
    directory: z
      .string()
      .min(1)
      .default('tensorboard')
      .describe('output directory for event files, relative to the run directory'),
  }),
  create: ({ directory }): Logger => ({ open: (run) => openEventFile(join(run, directory)) }),
});

declare module '@facewright/core' {
  interface LoggerPlugins {
    tensorboard: typeof tensorBoard;
  }
}
