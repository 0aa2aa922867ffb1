/** Events of a run, written by the `tensorboard` logger. */
import type { Events, EventType, PluginContext, RunEvent } from '@facewright/core';
import { tensorBoard } from '../src/tensorboard/plugin.js';

const at = 1_700_000_000_000;
export const event = <T extends EventType>(type: T, rest: Events[T]): RunEvent =>
  ({ type, at, ...rest }) as unknown as RunEvent;
export const step = (number: number, loss: number): RunEvent =>
  event('train.step', {
    stage: 0,
    step: number,
    epoch: 0,
    loss,
    accuracy: 0.5,
    rate: 0.1,
    imagesPerSecond: 100,
    gradientNorm: 2,
  });
export const started = (resumedAt?: number): RunEvent =>
  event('train.started', { identities: 2, images: 10, validation: 1, parameters: 5, resumedAt });

export async function log(directory: string, events: readonly RunEvent[]): Promise<void> {
  const logger = (await tensorBoard().create({} as PluginContext)).open(directory);
  for (const each of events) logger.reader(each);
  await logger.close();
  logger.reader(step(99, 99)); // ignored
}
