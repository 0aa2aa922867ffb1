/** A device that is lost (a GPU unplugged, reset or taken by its driver) and comes back. */
import { DeviceLost, type Emit, type Engine } from '@facewright/core';

/** A device lost more often than this with no progress in between is not worth another try. */
const MOST_LOSSES = 3;

/** The loss that `error` reports, if the engine can recover from it; else throws `error`. `losses` counts them, this one included. */
export function recoverable(error: unknown, engine: Engine, losses: number): DeviceLost {
  if (!(error instanceof DeviceLost) || !engine.recover || losses > MOST_LOSSES) throw error;
  return error;
}

/** Does work that leaves nothing on the device, and does it again if the device is lost and comes back. */
export async function withDevice<T>(engine: Engine, emit: Emit, work: () => Promise<T>): Promise<T> {
  for (let losses = 1; ; losses++) {
    try {
      return await work();
    } catch (error) {
      const { what } = recoverable(error, engine, losses);
      await engine.recover!();
      emit('notice', { level: 'warning', message: `${what} It is back; trying again.` });
    }
  }
}
