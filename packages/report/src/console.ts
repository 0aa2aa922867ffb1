/** Shows a run while it goes: one live line with rate, time left and a spinner on a terminal, plain lines every few seconds in a pipe. */
import { countOf, type EventReader, type RunEvent } from '@facewright/core';
import { styleText } from 'node:util';
import { wrap } from './wrap.js';
import { count, duration, figure, pace, percent } from './format.js';

/** Where the console writes: `process.stderr`, so that standard output stays free for results. */
export interface ConsoleStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface ConsoleOptions {
  readonly stream: ConsoleStream;
  /** Show only warnings. */
  readonly quiet?: boolean;
  /** Colours; default: on a terminal, unless `NO_COLOR` is set. */
  readonly colour?: boolean;
  /** Seconds between two lines of the same task in a pipe. */
  readonly everySeconds?: number;
}

/** Length of the bar; what is done matters more than a long one. */
const BAR = { narrow: 8, wide: 20 };
const WIDE = 100;
const REDRAW_MS = 80;
const MOST_NOTICED = 1000;
type Progress = RunEvent<'progress'>;

const FRAMES = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';
const FRAME_MS = 100;
/** Silence after which a spinner shows that work continues. */
const SILENCE_MS = 500;

/** What is happening between an event and the next one. */
const NEXT_WORK: { readonly [T in RunEvent['type']]?: string } = {
  'run.started': 'looking at the data',
  'engine.opened': 'loading the engine',
  'prepare.finished': 'getting ready to train',
  'train.started': 'compiling the first step',
  'stage.started': 'compiling the first step',
  'train.finished': 'verifying',
  'evaluate.finished': 'collecting pictures',
  'run.finished': 'writing the report',
};

export interface Console {
  readonly reader: EventReader;
  /** Clears the live line, for other text. */
  clear(): void;
  /** Clears it and ends: nothing is drawn from here on. */
  close(): void;
}

/** Reads the event stream. On a terminal it draws until it is closed. */
export function createConsole({
  stream,
  quiet = false,
  colour = Boolean(stream.isTTY) && !process.env.NO_COLOR,
  everySeconds = 5,
}: ConsoleOptions): Console {
  const paint = (style: Parameters<typeof styleText>[0], text: string): string =>
    colour ? styleText(style, text, { validateStream: false }) : text;
  const noticed = new Set<string>();
  const starts = new Map<string, { at: number; done: number }>();
  let drawn = '';
  let lastDraw = { at: 0, task: '' };
  let work = 'working';
  let silentSince = Date.now();
  let frame = 0;

  const clear = (): void => {
    if (drawn) stream.write('\r\u001b[K');
    drawn = '';
    silentSince = Date.now();
  };
  const draw = (text: string): void => {
    drawn = text;
    stream.write(`\r${FRAMES[frame++ % FRAMES.length]} ${text}\u001b[K`);
  };
  /** Turns the spinner; if nothing is shown, says what is happening. */
  const spin = (): void => {
    const seconds = Math.floor((Date.now() - silentSince) / 1000);
    if (!drawn && Date.now() - silentSince < SILENCE_MS) return;
    if (!drawn || drawn.startsWith(`${work}…`)) draw(`${work}…${seconds ? `  ${duration(seconds)}` : ''}`);
    else draw(drawn);
  };
  const spinner = stream.isTTY && !quiet ? setInterval(spin, FRAME_MS) : undefined;
  spinner?.unref();
  const line = (text: string): void => {
    clear();
    // lines in a pipe stay whole, so that they can be searched
    stream.write(`${stream.isTTY ? wrap(text, stream.columns || 80, '  ') : text}\n`);
  };

  /** Data that are read several times are complained of once. */
  const isRepeated = (message: string): boolean => {
    if (noticed.has(message)) return true;
    if (noticed.size < MOST_NOTICED) noticed.add(message);
    return false;
  };

  const progress = (event: Progress): void => {
    const { task, done, total, at } = event;
    const begin = starts.get(task);
    if (!begin || done < begin.done) starts.set(task, { at, done });
    const ended = total !== undefined && done >= total;
    const due = task !== lastDraw.task || at - lastDraw.at >= (stream.isTTY ? REDRAW_MS : everySeconds * 1000);
    // in a pipe, the first event of a task is not informative yet, unless it is also its last
    if (!ended && (!due || (!stream.isTTY && task !== lastDraw.task && done === 0))) return;
    if (ended && lastDraw.task === `${task} ended`) return;
    lastDraw = { at, task: ended ? `${task} ended` : task };
    // minus two for the spinner, and one for the cursor
    const columns = stream.isTTY ? Math.max(20, (stream.columns || 80) - 3) : Infinity;
    const bar = columns < WIDE ? BAR.narrow : BAR.wide;
    const text = progressText(event, starts.get(task)!, stream.isTTY ? bar : 0, columns);
    if (ended) starts.delete(task);
    if (!stream.isTTY || ended) line(text);
    else draw(text);
  };

  const reader: EventReader = (event) => {
    work = NEXT_WORK[event.type] ?? work;
    if (event.type === 'notice' && isRepeated(event.message)) return;
    if (event.type === 'notice' && (event.level === 'warning' || !quiet)) {
      const todo = event.todo ? `\n  to do: ${event.todo}` : '';
      line(
        event.level === 'warning'
          ? `${paint('yellow', 'warning:')} ${event.message}${todo}`
          : `${event.message}${todo}`,
      );
    } else if (quiet) return;
    else if (event.type === 'progress') progress(event);
    else {
      const text = told(event);
      if (text) line(event.type === 'stage.started' || event.type === 'stage.finished' ? paint('cyan', text) : text);
    }
  };
  const close = (): void => {
    clearInterval(spinner);
    clear();
  };
  return { reader, clear, close };
}

/**
 * One line of progress; `width` is that of the bar, 0 for none. If there is little space, it drops the rate first, then
 * the amount, the text and the bar.
 */
export function progressText(
  { task, done, total, least, unit, perSecond, text, at }: Omit<Progress, 'type'>,
  begin: { at: number; done: number },
  width: number,
  columns = Infinity,
): string {
  const { rate, left } = pace({ done, total, least, perSecond, at }, begin);
  const share = total !== undefined && total > 0 ? Math.min(1, done / total) : undefined;
  const shown = share === undefined ? '' : `${Math.floor(share * 100)} %`;
  const full = Math.round((share ?? 0) * width);
  const bar = `${width && share !== undefined ? `${'█'.repeat(full)}${'░'.repeat(width - full)} ` : ''}${shown}`;
  const amount = `${count(done)}${share === undefined ? '' : `/${count(total!)}`} ${unit}`;
  const speed = rate ? `${figure(rate)} ${unit}/s` : '';
  const lines = [
    [task, bar, amount, speed, left, text],
    [task, bar, amount, left, text],
    [task, bar, left, text],
    [task, bar, amount, left],
    [task, bar, left],
    [task, shown || amount, left],
    [task, shown || amount],
  ].map((parts) => parts.filter(Boolean).join('  '));
  return lines.find((line) => line.length <= columns) ?? lines.at(-1)!.slice(0, columns);
}

/** The message for events that get their own line. */
function told(event: RunEvent): string | undefined {
  switch (event.type) {
    case 'engine.opened':
      return `engine: ${event.name} (${event.device}) for ${event.purpose}`;
    case 'prepare.finished': {
      const { summary, photosPerSecond } = event;
      const reasons = Object.entries(summary.reasons).map(([reason, photos]) => `${reason} ${count(photos)}`);
      return `prepared: ${count(summary.kept)} of ${countOf(summary.photos, 'photo')} kept, ${countOf(summary.images, 'image')} of ${countOf(summary.identities, 'person')}, ${figure(photosPerSecond)} photos/s${reasons.length ? `; left out: ${reasons.join(', ')}` : ''}`;
    }
    case 'train.started':
      return `training: ${countOf(event.images, 'image')} of ${countOf(event.identities, 'person')}, ${countOf(event.validation, 'photo')} for validation, ${count(event.parameters)} parameters${event.resumedAt === undefined ? '' : `, resumed at step ${count(event.resumedAt)}`}`;
    case 'stage.started':
      return `stage ${event.stage + 1}: ${event.loss} with ${event.optimiser} from step ${count(event.step)} (${{ fresh: 'a fresh head', adopted: event.step ? 'class centres from the previous stage' : 'class centres from the starting weights', resumed: 'resumed' }[event.head]})`;
    case 'stage.finished':
      return `stage ${event.stage + 1} ended after ${count(event.steps)} steps: ${event.endedBecause}; loss ${figure(event.finalLoss)}`;
    case 'train.finished':
      return `trained: ${count(event.steps)} steps in ${duration(event.seconds)}, ${figure(event.imagesPerSecond)} images/s`;
    case 'evaluate.finished': {
      const {
        verification: { accuracy, std, pairs, threshold },
      } = event;
      return `verification: ${percent(accuracy, 2)} ± ${percent(std, 2)} on ${count(pairs)} pairs, threshold ${figure(threshold)}`;
    }
    default:
      return undefined;
  }
}
