/** Progress events of the preparation, a few per second. */
import type { Emit } from '@facewright/core';
import type { StageClock } from './stages.js';
import type { Tally } from './tally.js';

const PROGRESS_MS = 250;

/** Call it after each photo, and with `true` after the last one, which is always reported. */
export function throttledProgress(emit: Emit, total: number, tally: Tally, clock: StageClock): (last: boolean) => void {
  const started = performance.now();
  let told = -Infinity;
  return (last) => {
    const now = performance.now();
    if (!last && now - told < PROGRESS_MS) return;
    told = now;
    const seconds = (now - started) / 1000;
    emit('progress', {
      task: 'prepare',
      done: tally.photos,
      total,
      unit: 'photos',
      ...(seconds > 0 && { perSecond: tally.opened / seconds }),
      ...(clock.shares && { text: clock.shares }),
    });
  };
}
