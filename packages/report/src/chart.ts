/**
 * Line charts as inline SVG: no script, no style attribute, the page's colours, a title and a description for screen
 * readers. Lines stretch with the page; text, ticks and strokes keep their size, so a chart is readable on a phone.
 */
import { figure } from './format.js';
import type { Html } from './html.js';
import { html } from './html.js';

export type Points = readonly (readonly [x: number, y: number])[];

export interface Series {
  readonly name: string;
  /** Several lines of one series are not connected. */
  readonly points: Points | readonly Points[];
  /** Colour 1 to 4 of the page's palette. */
  readonly colour: 1 | 2 | 3 | 4;
  /** `faint` is drawn below its smoothed version and has no legend entry. */
  readonly style?: 'line' | 'faint' | 'dots' | 'dashed';
}

export interface Axis {
  readonly label: string;
  readonly scale?: 'linear' | 'log';
  readonly range?: readonly [number, number];
  readonly format?: (value: number) => string;
}

export interface Chart {
  readonly title: string;
  /** One sentence describing the chart. */
  readonly description: string;
  readonly series: readonly Series[];
  readonly x: Axis;
  readonly y: Axis;
  /** Labelled vertical lines, e.g. the switch of the loss. */
  readonly marks?: readonly { readonly x: number; readonly label: string }[];
}

/** In page pixels. Horizontal positions are fractions of the plot's width; line coordinates are thousandths of it. */
const LINES = { width: 1000, height: 192 };
/** Rows of text above the plot: the label of y, and one for each mark, as they would overlap on a narrow page. */
const ROW = 17;
const BELOW = 44;

interface Frame {
  readonly top: number;
  readonly bottom: number;
  readonly height: number;
}
function frameOf(marks: number): Frame {
  const top = ROW * (2 + marks);
  return { top, bottom: top + LINES.height, height: top + LINES.height + BELOW };
}
const MOST_POINTS = 700;
/** Smaller than anything worth drawing; avoids denormal numbers. */
const TINY = 1e-90;

export function chart({ title, description, series, x, y, marks = [] }: Chart): Html {
  const drawn = series.map((entry) => ({
    ...entry,
    lines: linesOf(entry.points).map((points) => thin(points.filter(([px, py]) => usable(px, x) && usable(py, y)))),
  }));
  const all = drawn.flatMap(({ lines }) => lines.flat());
  if (!all.length)
    return html`<figure class="chart"><figcaption>${title}</figcaption><p class="muted">No data.</p></figure>`;
  const [xs, ys] = [all.map(([value]) => value), all.map(([, value]) => value)];
  const toX = scale(x, xs, 0, LINES.width, false);
  const toY = scale(y, ys, LINES.height, 0, true);
  const { top, bottom, height } = frameOf(marks.length);
  const id = `chart-${title.toLowerCase().replace(/[^a-z]+/g, '-')}`;
  return html`<figure class="chart">
<figcaption>${title} <span class="legend">${drawn.filter(({ style }) => style !== 'faint').map(({ name, colour, style }) => html`<span class="key c${colour} ${style === 'dots' ? 'dot' : ''}">${name}</span>`)}</span></figcaption>
<div class="plot"><svg height="${height}" role="img" aria-labelledby="${id}-t ${id}-d"><title id="${id}-t">${title}</title><desc id="${id}-d">${description}</desc>
${ticksOfY(toY, top, y.format ?? figure)}
${ticksOfX(toX, bottom, x.format ?? figure, x.scale)}
<line class="axis" x1="0" x2="100%" y1="${bottom}" y2="${bottom}"/>
<text class="label" x="50%" y="${height - 8}" text-anchor="middle">${x.label}</text>
<text class="label" x="-48" y="${ROW}">${y.label}</text>
<svg y="${top}" height="${LINES.height}" viewBox="0 0 ${LINES.width} ${LINES.height}" preserveAspectRatio="none">
${drawn.map(({ lines, ...entry }) => lines.map((points) => points.length > 0 && shape(entry, points, toX.map, toY.map)))}
</svg>
${marks.map(({ x: at, label }, row) => mark(toX.map(at), label, ROW * (row + 1), bottom))}
</svg></div></figure>`;
}

interface Scale {
  map(value: number): number;
  readonly ticks: readonly number[];
}

const ticksOfY = ({ ticks, map }: Scale, top: number, format: (value: number) => string): Html[] =>
  ticks.map((tick) => {
    const y = top + map(tick);
    return html`<line class="grid" x1="0" x2="100%" y1="${fixed(y)}" y2="${fixed(y)}"/><text class="tick" x="-8" y="${fixed(y + 4)}" text-anchor="end">${format(tick)}</text>`;
  });

/** Ticks between powers of ten are `minor`: a narrow page hides them. */
const ticksOfX = (
  { ticks, map }: Scale,
  bottom: number,
  format: (value: number) => string,
  kind: Axis['scale'],
): Html[] =>
  ticks.map((tick) => {
    const minor = kind === 'log' && !Number.isInteger(Number(Math.log10(tick).toFixed(6)));
    return html`<text class="tick ${minor && 'minor'}" x="${share(map(tick))}" y="${bottom + 17}" text-anchor="middle">${format(tick)}</text>`;
  });

const linesOf = (points: Series['points']): readonly Points[] =>
  points.length && Array.isArray(points[0]?.[0]) ? (points as readonly Points[]) : [points as Points];

function shape(
  { colour, style = 'line', name }: Omit<Series, 'points'>,
  points: Points,
  toX: (value: number) => number,
  toY: (value: number) => number,
): Html {
  if (style === 'dots' || points.length === 1) {
    // zero-length lines with round ends, because circles would be stretched with the plot
    return html`<g class="dots c${colour}">${points.map(([x, y]) => html`<path d="M${fixed(toX(x))} ${fixed(toY(y))}h0"><title>${name}: ${figure(y)} at ${figure(x)}</title></path>`)}</g>`;
  }
  return html`<polyline class="line c${colour} ${style}" points="${points.map(([x, y]) => `${fixed(toX(x))},${fixed(toY(y))}`).join(' ')}"/>`;
}

/** Its label is in the row below `above`. */
function mark(x: number, label: string, above: number, bottom: number): Html {
  const left = x > LINES.width / 2;
  return html`<line class="mark" x1="${share(x)}" x2="${share(x)}" y1="${above + 5}" y2="${bottom}"/><text class="mark" x="${share(x)}" dx="${left ? -6 : 6}" y="${above + ROW - 2}" text-anchor="${left ? 'end' : 'start'}">${label}</text>`;
}

/** As a percentage of the plot's width. */
const share = (x: number): string => `${((100 * x) / LINES.width).toFixed(2)}%`;
const fixed = (value: number): string => value.toFixed(1);
const usable = (value: number, axis: Axis): boolean => Number.isFinite(value) && (axis.scale !== 'log' || value > TINY);

function scale(axis: Axis, values: readonly number[], from: number, to: number, nice: boolean): Scale {
  let [low, high] = axis.range ?? extent(values);
  if (axis.scale === 'log') {
    if (low === high) [low, high] = [low / 2, high * 2];
    const [a, b] = [Math.log10(low), Math.log10(high)];
    const map = (value: number): number =>
      from + ((Math.log10(Math.min(Math.max(value, low), high)) - a) / (b - a)) * (to - from);
    return { map, ticks: logTicks(low, high) };
  }
  const size = Math.max(Math.abs(low), Math.abs(high));
  // practically a single value: use a range around it
  if (high - low <= Math.max(size * 1e-9, TINY))
    [low, high] = size > TINY ? [low - size / 2, high + size / 2] : [-0.5, 0.5];
  const step = niceStep((high - low) / 5);
  if (nice && !axis.range) [low, high] = [Math.floor(low / step) * step, Math.ceil(high / step) * step];
  const first = Math.ceil(low / step - 1e-9);
  const ticks = Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  );
  return { map: (value) => from + ((Math.min(Math.max(value, low), high) - low) / (high - low)) * (to - from), ticks };
}

function extent(values: readonly number[]): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return [low, high];
}

/** 1, 2 or 5 times a power of ten. */
export function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const lead = rough / power;
  return ([1, 2, 5].find((nice) => lead <= nice) ?? 10) * power;
}

/** Powers of ten, plus 2 and 5 times each if the range is short. */
export function logTicks(low: number, high: number): number[] {
  const leads = Math.log10(high / low) > 2.5 ? [1] : [1, 2, 5];
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    for (const lead of leads) {
      const tick = Number((lead * 10 ** power).toPrecision(6));
      if (tick >= low * 0.9999 && tick <= high * 1.0001) ticks.push(tick);
    }
  }
  return ticks;
}

/** At most a few hundred points: the lowest and highest of each bucket, so no spike is lost. */
export function thin(points: Points, most = MOST_POINTS): Points {
  if (points.length <= most) return points;
  const bucket = Math.ceil(points.length / (most / 2));
  const kept: (readonly [number, number])[] = [];
  for (let start = 0; start < points.length; start += bucket) {
    const part = points.slice(start, start + bucket);
    const low = part.reduce((a, b) => (b[1] < a[1] ? b : a));
    const high = part.reduce((a, b) => (b[1] > a[1] ? b : a));
    kept.push(...new Set(low[0] < high[0] ? [low, high] : [high, low]));
  }
  return kept;
}

/** Exponential moving average over about `window` points, corrected for the usual bias at its start. */
export function smooth(points: Points, window: number): Points {
  const keep = 1 - 1 / Math.max(1, window);
  let [sum, weight] = [0, 0];
  return points.map(([x, y]) => {
    sum = sum * keep + y;
    weight = weight * keep + 1;
    return [x, sum / weight] as const;
  });
}
