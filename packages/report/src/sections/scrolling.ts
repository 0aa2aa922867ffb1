/**
 * Attributes for a box whose content may be wider than the page: it scrolls sideways by touch and, when focused, by
 * keyboard.
 */
import { html, type Html } from '../html.js';

/** `label` describes the content to screen readers. */
export const scrolling = (label: string, card = true): Html =>
  html`class="${card && 'card '}scroll" role="group" aria-label="${label}" tabindex="0"`;
