/** A picture inside the page. */
import { html, type Html } from '../html.js';
import type { Picture } from '../pictures.js';

/** `side` in the page's pixels. */
export const image = ({ bytes, type }: Picture, alt: string, side = 70): Html =>
  html`<img src="data:${type};base64,${Buffer.from(bytes).toString('base64')}" width="${side}" height="${side}" alt="${alt}">`;
