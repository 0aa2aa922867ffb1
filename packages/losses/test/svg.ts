/** Curves over the angle as a plain SVG: no fonts or scripts, light background, so it looks the same everywhere. */
export interface Curve {
  readonly name: string;
  /** Degrees and value. */
  readonly points: readonly (readonly [number, number])[];
}

const WIDTH = 640;
const HEIGHT = 400;
const LEFT = 48;
const RIGHT = 620;
const TOP = 36;
const BOTTOM = 360;
const COLOURS = ['#8a8f98', '#1f6feb', '#c9372c', '#1a7f37', '#8250df'];

export function plot(title: string, curves: readonly Curve[]): string {
  const values = curves.flatMap(({ points }) => points.map(([, value]) => value));
  const [low, high] = [Math.floor(2 * Math.min(...values)) / 2, Math.ceil(2 * Math.max(...values) - 1e-3) / 2];
  const x = (degrees: number): string => (LEFT + (degrees / 180) * (RIGHT - LEFT)).toFixed(1);
  const y = (value: number): string => (BOTTOM - ((value - low) / (high - low)) * (BOTTOM - TOP)).toFixed(1);
  const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const across = Array.from({ length: Math.round(2 * (high - low)) + 1 }, (_, i) => low + i / 2);
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" fill="#24292f">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<text x="${LEFT}" y="20" font-size="14">${escaped(title)}</text>`,
    ...across.map(
      (value) =>
        `<path d="M${LEFT} ${y(value)}H${RIGHT}" stroke="#e3e6ea"/><text x="${LEFT - 6}" y="${y(value)}" dy="4" text-anchor="end">${value}</text>`,
    ),
    ...[0, 30, 60, 90, 120, 150, 180].map(
      (degrees) =>
        `<path d="M${x(degrees)} ${TOP}V${BOTTOM}" stroke="#e3e6ea"/><text x="${x(degrees)}" y="${BOTTOM + 16}" text-anchor="middle">${degrees}°</text>`,
    ),
    `<text x="${(LEFT + RIGHT) / 2}" y="${BOTTOM + 32}" text-anchor="middle">angle θ between the embedding and its centre</text>`,
    ...curves.map(
      ({ points }, i) =>
        `<polyline fill="none" stroke="${COLOURS[i]}" stroke-width="2"${i === 0 && curves.length > 1 ? ' stroke-dasharray="5 4"' : ''} points="${points.map(([degrees, value]) => `${x(degrees)},${y(value)}`).join(' ')}"/>`,
    ),
    ...curves.map(
      ({ name }, i) =>
        `<path d="M${RIGHT - 190} ${TOP + 14 + 18 * i}h22" stroke="${COLOURS[i]}" stroke-width="2"/><text x="${RIGHT - 162}" y="${TOP + 18 + 18 * i}">${escaped(name)}</text>`,
    ),
    '</svg>',
    '',
  ];
  return lines.join('\n');
}
