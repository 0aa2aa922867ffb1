/** Whether a run was trained on drawn people, whose faces do not resemble photos. */
import type { Run } from './state.js';

/**
 * The notice of a training on drawn people. The command-line tool's sample is recognised by its progress, or by its
 * location.
 */
export const DRAWN_NOTICE = 'The people in this run are drawn.';

export function learnedFromDrawnFaces({ events, history }: Run): boolean {
  const config = history.started?.config as { readonly data?: unknown; readonly out?: unknown } | undefined;
  if (typeof config?.out === 'string' && config.data === `${config.out}/sample`) return true;
  return events.some(
    (event) =>
      (event.type === 'notice' && event.message === DRAWN_NOTICE) ||
      (event.type === 'progress' && event.task === 'drawing the sample'),
  );
}
