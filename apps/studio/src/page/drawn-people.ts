/** Whether a run learned from drawn people, whose faces are like no photo. */
import type { Run } from './state.js';

/** Notice of a training on drawn people; the command line tool's sample is known by its progress, or by where it lies. */
export const DRAWN_NOTICE = 'The people of this run are drawn.';

export function learnedFromDrawnFaces({ events, history }: Run): boolean {
  const config = history.started?.config as { readonly data?: unknown; readonly out?: unknown } | undefined;
  if (typeof config?.out === 'string' && config.data === `${config.out}/sample`) return true;
  return events.some(
    (event) =>
      (event.type === 'notice' && event.message === DRAWN_NOTICE) ||
      (event.type === 'progress' && event.task === 'drawing the sample'),
  );
}
