/** Colours of the drawn people: sRGB triples of 0 to 255. */
export type Rgb = readonly [r: number, g: number, b: number];

export const mix = (a: Rgb, b: Rgb, t: number): Rgb => [
  a[0] + (b[0] - a[0]) * t,
  a[1] + (b[1] - a[1]) * t,
  a[2] + (b[2] - a[2]) * t,
];

/** Multiplied by `by`, or by one factor per channel. */
export const shade = (colour: Rgb, by: number | Rgb): Rgb =>
  [0, 1, 2].map((c) => colour[c] * (typeof by === 'number' ? by : by[c])) as unknown as Rgb;

/** The colour at `t` in [0, 1] along the gradient stops. */
export function along(stops: readonly Rgb[], t: number): Rgb {
  const at = Math.min(Math.max(t, 0), 1) * (stops.length - 1);
  const i = Math.min(Math.floor(at), stops.length - 2);
  return mix(stops[i], stops[i + 1], at - i);
}

/** The colour for a hue in [0, 1), with saturation and value in [0, 1]. */
export function hsv(hue: number, saturation: number, value: number): Rgb {
  return [0, 2 / 3, 1 / 3].map((offset) => {
    const k = Math.min(Math.max(Math.abs(((hue + offset) % 1) * 6 - 3) - 1, 0), 1);
    return 255 * value * (1 - saturation * (1 - k));
  }) as unknown as Rgb;
}

/** As an SVG attribute. */
export const css = (colour: Rgb): string =>
  `rgb(${colour.map((v) => Math.round(Math.min(Math.max(v, 0), 255))).join(',')})`;
