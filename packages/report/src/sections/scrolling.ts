/** Attributes of a box whose content may be wider than the page: it is scrolled sideways by touch and, once focused, by keyboard. */
import { html, type Html } from '../html.js';

/** `label` tells screen readers what is in it. */
export const scrolling = (label: string, card = true): Html =>
  html`class="${card && 'card '}scroll" role="group" aria-label="${label}" tabindex="0"`;
