/** Line charts as inline SVG: no script, the page's colours, a title and a description for screen readers. */
import { figure } from './format.js';
import type { Html } from './html.js';
import { html } from './html.js';

export type Points = readonly (readonly [x: number, y: number])[];

export interface Series {
  readonly name: string;
  /** Several lines of one series are not joined. */
  readonly points: Points | readonly Points[];
  /** Colour 1 to 4 of the page's palette. */
  readonly colour: 1 | 2 | 3 | 4;
  /** `faint` lies under its smoothed twin and has no entry in the legend. */
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
  readonly width?: keyof typeof WIDTHS;
  /** One sentence that says what the picture shows. */
  readonly description: string;
  readonly series: readonly Series[];
  readonly x: Axis;
  readonly y: Axis;
  /** Vertical lines with a label, e.g. the switch of the loss. */
  readonly marks?: readonly { readonly x: number; readonly label: string }[];
}

/** Widths in the page's pixels, so that letters keep their size: a chart over the whole page, and one of two side by side. */
const WIDTHS = { full: 1000, half: 480 };
const HEIGHT = 270;
const PLOT = { left: 52, top: 34, bottom: HEIGHT - 44 };
const MOST_POINTS = 700;
/** Smaller than anything worth drawing; keeps the arithmetic away from denormal numbers. */
const TINY = 1e-90;

export function chart({ title, description, series, x, y, marks = [], width = 'half' }: Chart): Html {
  const right = WIDTHS[width] - 14;
  const drawn = series.map((entry) => ({
    ...entry,
    lines: linesOf(entry.points).map((points) => thin(points.filter(([px, py]) => usable(px, x) && usable(py, y)))),
  }));
  const all = drawn.flatMap(({ lines }) => lines.flat());
  if (!all.length)
    return html`<figure class="chart"><figcaption>${title}</figcaption><p class="muted">No data.</p></figure>`;
  const toX = scale(
    x,
    all.map(([value]) => value),
    PLOT.left,
    right,
    false,
  );
  const toY = scale(
    y,
    all.map(([, value]) => value),
    PLOT.bottom,
    PLOT.top,
    true,
  );
  const formatX = x.format ?? figure;
  const formatY = y.format ?? figure;
  const id = `chart-${title.toLowerCase().replace(/[^a-z]+/g, '-')}`;
  return html`<figure class="chart">
<figcaption>${title} <span class="legend">${drawn.filter(({ style }) => style !== 'faint').map(({ name, colour, style }) => html`<span class="key c${colour} ${style === 'dots' ? 'dot' : ''}">${name}</span>`)}</span></figcaption>
<svg viewBox="0 0 ${WIDTHS[width]} ${HEIGHT}" role="img" aria-labelledby="${id}-t ${id}-d"><title id="${id}-t">${title}</title><desc id="${id}-d">${description}</desc>
${toY.ticks.map((tick) => html`<line class="grid" x1="${PLOT.left}" x2="${right}" y1="${fixed(toY.map(tick))}" y2="${fixed(toY.map(tick))}"/><text class="tick" x="${PLOT.left - 8}" y="${fixed(toY.map(tick) + 4)}" text-anchor="end">${formatY(tick)}</text>`)}
${toX.ticks.map((tick) => html`<line class="grid faint" x1="${fixed(toX.map(tick))}" x2="${fixed(toX.map(tick))}" y1="${PLOT.top}" y2="${PLOT.bottom}"/><text class="tick" x="${fixed(toX.map(tick))}" y="${PLOT.bottom + 17}" text-anchor="middle">${formatX(tick)}</text>`)}
<line class="axis" x1="${PLOT.left}" x2="${right}" y1="${PLOT.bottom}" y2="${PLOT.bottom}"/>
<text class="label" x="${(PLOT.left + right) / 2}" y="${HEIGHT - 8}" text-anchor="middle">${x.label}</text>
<text class="label" x="4" y="${PLOT.top - 16}">${y.label}</text>
${drawn.map(({ lines, ...entry }) => lines.map((points) => points.length > 0 && shape(entry, points, toX.map, toY.map)))}
${marks.map(({ x: at, label }) => mark(toX.map(at), label, toX.map(at) > right - 180))}
</svg></figure>`;
}

const linesOf = (points: Series['points']): readonly Points[] =>
  points.length && Array.isArray(points[0]?.[0]) ? (points as readonly Points[]) : [points as Points];

function shape(
  { colour, style = 'line', name }: Omit<Series, 'points'>,
  points: Points,
  toX: (value: number) => number,
  toY: (value: number) => number,
): Html {
  if (style === 'dots' || points.length === 1) {
    return html`<g class="dots c${colour}">${points.map(([x, y]) => html`<circle cx="${fixed(toX(x))}" cy="${fixed(toY(y))}" r="3.2"><title>${name}: ${figure(y)} at ${figure(x)}</title></circle>`)}</g>`;
  }
  return html`<polyline class="line c${colour} ${style}" points="${points.map(([x, y]) => `${fixed(toX(x))},${fixed(toY(y))}`).join(' ')}"/>`;
}

function mark(x: number, label: string, atTheEnd: boolean): Html {
  return html`<line class="mark" x1="${fixed(x)}" x2="${fixed(x)}" y1="${PLOT.top - 22}" y2="${PLOT.bottom}"/><text class="mark" x="${fixed(x + (atTheEnd ? -6 : 6))}" y="${PLOT.top - 13}" text-anchor="${atTheEnd ? 'end' : 'start'}">${label}</text>`;
}

const fixed = (value: number): string => value.toFixed(1);
const usable = (value: number, axis: Axis): boolean => Number.isFinite(value) && (axis.scale !== 'log' || value > TINY);

function scale(
  axis: Axis,
  values: readonly number[],
  from: number,
  to: number,
  nice: boolean,
): { map: (value: number) => number; ticks: number[] } {
  let [low, high] = axis.range ?? extent(values);
  if (axis.scale === 'log') {
    if (low === high) [low, high] = [low / 2, high * 2];
    const [a, b] = [Math.log10(low), Math.log10(high)];
    const map = (value: number): number =>
      from + ((Math.log10(Math.min(Math.max(value, low), high)) - a) / (b - a)) * (to - from);
    return { map, ticks: logTicks(low, high) };
  }
  const size = Math.max(Math.abs(low), Math.abs(high));
  // as good as one value: a range around it
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

/** Powers of ten, with 2 and 5 between them where the range is short. */
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

/** At most some hundred points: of each bucket the lowest and the highest, so that no spike is lost. */
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

/** Exponential mean over about `window` points, without the usual bias at its start. */
export function smooth(points: Points, window: number): Points {
  const keep = 1 - 1 / Math.max(1, window);
  let [sum, weight] = [0, 0];
  return points.map(([x, y]) => {
    sum = sum * keep + y;
    weight = weight * keep + 1;
    return [x, sum / weight] as const;
  });
}
