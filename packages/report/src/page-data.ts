/**
 * The events of a run inside its report, so that the one file can be opened again and compared. Steps are thinned to what a chart can show, and
 * of the photos left out only the first are kept: the whole is in `events.jsonl`.
 */
import type { RunEvent } from '@facewright/core';
import { parseEvents } from './event-lines.js';
import type { Html } from './html.js';
import { templateOf, templateText } from './template.js';

const MOST_STEPS = 2000;
const MOST_EXCLUSIONS = 200;
const NAME = 'facewright-events';

/** Element that holds the events. */
export function pageData(events: Iterable<RunEvent>): Html {
  const told = [...events].filter(({ type }) => type !== 'progress');
  const steps = told.filter(({ type }) => type === 'train.step').length;
  const every = Math.max(1, Math.ceil(steps / MOST_STEPS));
  let [step, exclusions] = [0, 0];
  const kept = told.filter(({ type }) => {
    // the last step of all is always there
    if (type === 'train.step') return ++step === steps || step % every === 0;
    return type !== 'prepare.excluded' || ++exclusions <= MOST_EXCLUSIONS;
  });
  const lines = kept.map((event) => `${JSON.stringify(event)}\n`).join('');
  return templateOf(NAME, lines);
}

/** The events that a report's HTML holds; `undefined` where it is no report, or one of a version that kept none. Throws a `FacewrightError` for damaged ones. */
export function eventsOfPage(page: string, where: string): RunEvent[] | undefined {
  const text = templateText(NAME, page);
  return text === undefined ? undefined : parseEvents(text, where);
}
