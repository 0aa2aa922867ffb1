/** The answer: one person or two, why, and how reliable it is. */
import { element } from '../dom.js';

export interface Comparison {
  readonly cosine: number;
  readonly threshold: number;
  /** The threshold's false accept rate; missing if the user set the threshold. */
  readonly rate?: string;
  /** The model was trained on drawn faces only, and these are photos. */
  readonly outOfPlace: boolean;
}

/** The answer as elements. */
export function answerTo({ cosine, threshold, rate, outOfPlace }: Comparison): HTMLElement[] {
  const same = cosine >= threshold;
  const answer = same ? 'Same person' : 'Two people';
  const warning = 'This model was trained on drawn faces only. Its answers about photos of people mean nothing.';
  return [
    ...(outOfPlace ? [element('p', { class: 'warning' }, warning)] : []),
    element('p', { class: `answer ${answerClass(same, outOfPlace)}` }, answer),
    element(
      'p',
      {},
      `Cosine ${cosine.toFixed(4)}, ${same ? 'at or above' : 'below'} the threshold ${threshold.toFixed(4)}${rate ? ` for ${inWords(rate)} false accepts` : ''}.`,
    ),
    scaleOf(cosine, threshold),
  ];
}

function answerClass(same: boolean, outOfPlace: boolean): string {
  if (outOfPlace) return 'unsure';
  return same ? 'same' : 'different';
}

/** `1e-2` as `1 in 100`. */
export const inWords = (rate: string): string => `1 in ${Math.round(1 / Number(rate)).toLocaleString('en-GB')}`;

/** Both on a scale from −1 to 1. The page's policy allows styles set by script. */
function scaleOf(cosine: number, threshold: number): HTMLElement {
  const share = (value: number): string => `${Math.min(Math.max((value + 1) / 2, 0), 1) * 100}%`;
  const value = element('span', { class: 'value' });
  const limit = element('span', { class: 'limit' });
  value.style.width = share(cosine);
  limit.style.left = share(threshold);
  return element('div', { class: 'scale', 'aria-hidden': true }, value, limit);
}
