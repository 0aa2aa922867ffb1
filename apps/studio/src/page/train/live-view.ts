/** A training in progress: its current task, the time left, the engine, and its curves. */
import { countOf } from '@facewright/core';
import type { RunEvent } from '@facewright/core';
import { figure, historyOf, html, percent, trainingSection } from '@facewright/report';
import { element, showHtml, statusLine } from '../dom.js';
import { underWay } from '../under-way.js';

/** Redraw interval of the curves; announcements change less often. */
const DRAW_MS = 700;
const TELL_MS = 5000;

export interface LiveView {
  readonly status: HTMLElement;
  /** The lines below the status. */
  readonly lines: readonly HTMLElement[];
  readonly curves: HTMLElement;
  /** Switches to the events of another training, which are collected in `events`. */
  begin(events: RunEvent[]): (event: RunEvent) => void;
  drawing(done: number, total: number): void;
  end(): void;
}

export function createLiveView(): LiveView {
  const status = statusLine();
  const progress = element('progress', { max: 1, value: 0, 'aria-label': 'Progress', hidden: true });
  const live = element('p', { class: 'live muted' });
  const engine = element('p', { class: 'live muted' });
  const curves = element('div', { class: 'report' });
  let shown: readonly RunEvent[] = [];
  let due: ReturnType<typeof setTimeout> | undefined;
  let told = 0;

  const draw = (): void => {
    due = undefined;
    showHtml(curves, trainingSection(historyOf(shown)));
  };
  const take = (event: RunEvent): void => {
    if (event.type === 'notice' && event.message.includes(' is not used')) engine.textContent += `${event.message} `;
    if (event.type === 'engine.opened')
      engine.textContent = `Engine: ${event.name} (${event.device}). ${engine.textContent}`;
    if (event.type === 'progress') {
      const way = underWay(shown, event.at);
      progress.value = way?.share ?? 0;
      live.textContent = [way?.task, way?.amount, way?.left].filter(Boolean).join(' · ');
    }
    if (event.type === 'train.step' || event.type === 'train.validation' || event.type === 'stage.finished')
      due ??= setTimeout(draw, DRAW_MS);
    const text = saying(event);
    if (!text || (event.type === 'train.step' && event.at - told < TELL_MS)) return;
    told = event.at;
    status.textContent = text;
  };
  return {
    status,
    lines: [progress, live, engine],
    curves,
    begin(events) {
      shown = events;
      told = 0;
      showHtml(curves, html``);
      progress.hidden = false;
      engine.textContent = '';
      status.textContent = 'Preparing…';
      return (event) => {
        events.push(event);
        take(event);
      };
    },
    drawing(done, total) {
      progress.value = done / total;
      live.textContent = `Drawing people · ${done} of ${total} photos`;
    },
    end() {
      clearTimeout(due);
      draw();
      live.textContent = '';
      progress.hidden = true;
    },
  };
}

/** What is worth announcing. */
function saying(event: RunEvent): string | undefined {
  switch (event.type) {
    case 'engine.opened':
      return `Engine: ${event.name} (${event.device}).`;
    case 'prepare.finished':
      return `Prepared ${countOf(event.summary.images, 'image')} of ${countOf(event.summary.identities, 'person')}.`;
    case 'stage.started':
      return `Training with ${event.loss}.`;
    case 'train.step':
      return `Step ${event.step}: loss ${figure(event.loss)}, accuracy ${percent(event.accuracy, 0)}, ${figure(event.imagesPerSecond)} images per second.`;
    case 'stage.finished':
      return `The stage with ${event.loss} ended after ${event.steps} steps: ${event.endedBecause}.`;
    case 'notice':
      return event.level === 'warning' ? event.message : undefined;
    default:
      return undefined;
  }
}
