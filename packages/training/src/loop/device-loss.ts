/** Recovery from a lost device: a GPU that was unplugged, reset or taken away by its driver. */
import { DeviceLost, type Emit, type Engine } from '@facewright/core';

/** Maximum number of losses without progress in between. */
const MOST_LOSSES = 3;

/**
 * The loss that `error` reports, if the engine can recover from it; otherwise throws `error`. `losses` counts them,
 * including this one.
 */
export function recoverable(error: unknown, engine: Engine, losses: number): DeviceLost {
  if (!(error instanceof DeviceLost) || !engine.recover || losses > MOST_LOSSES) throw error;
  return error;
}

/** Does work that leaves nothing on the device, and repeats it if the device is lost and comes back. */
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
