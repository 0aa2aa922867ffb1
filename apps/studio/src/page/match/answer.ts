/** The answer: one person or two, why, and how much it is worth. */
import { element } from '../dom.js';

export interface Comparison {
  readonly cosine: number;
  readonly threshold: number;
  /** The false accept rate of the threshold; missing where the user gave one. */
  readonly rate?: string;
  /** The model has seen drawn faces only, and these are photos. */
  readonly outOfPlace: boolean;
}

/** Elements to show. */
export function answerTo({ cosine, threshold, rate, outOfPlace }: Comparison): HTMLElement[] {
  const same = cosine >= threshold;
  const answer = same ? 'Same person' : 'Two people';
  const warning = 'This model has learned from drawn faces only. About photos of people its answer is worth nothing.';
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

/** Both on a line from −1 to 1. Styles by script are what the page's policy allows. */
function scaleOf(cosine: number, threshold: number): HTMLElement {
  const share = (value: number): string => `${Math.min(Math.max((value + 1) / 2, 0), 1) * 100}%`;
  const value = element('span', { class: 'value' });
  const limit = element('span', { class: 'limit' });
  value.style.width = share(cosine);
  limit.style.left = share(threshold);
  return element('div', { class: 'scale', 'aria-hidden': true }, value, limit);
}
