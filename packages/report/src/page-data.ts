/**
 * The events of a run embedded in its report, so that this one file can be opened again and compared. Steps are thinned
 * to what a chart can show, and only the first excluded photos are kept; `events.jsonl` has everything.
 */
import type { RunEvent } from '@facewright/core';
import { parseEvents } from './event-lines.js';
import type { Html } from './html.js';
import { templateOf, templateText } from './template.js';

const MOST_STEPS = 2000;
const MOST_EXCLUSIONS = 200;
const NAME = 'facewright-events';

/** The element with the events. */
export function pageData(events: Iterable<RunEvent>): Html {
  const told = [...events].filter(({ type }) => type !== 'progress');
  const steps = told.filter(({ type }) => type === 'train.step').length;
  const every = Math.max(1, Math.ceil(steps / MOST_STEPS));
  let [step, exclusions] = [0, 0];
  const kept = told.filter(({ type }) => {
    // the very last step is always included
    if (type === 'train.step') return ++step === steps || step % every === 0;
    return type !== 'prepare.excluded' || ++exclusions <= MOST_EXCLUSIONS;
  });
  const lines = kept.map((event) => `${JSON.stringify(event)}\n`).join('');
  return templateOf(NAME, lines);
}

/**
 * The events embedded in a report's HTML; `undefined` if it is not a report, or from a version that embedded none.
 * Throws a `FacewrightError` if they are damaged.
 */
export function eventsOfPage(page: string, where: string): RunEvent[] | undefined {
  const text = templateText(NAME, page);
  return text === undefined ? undefined : parseEvents(text, where);
}
