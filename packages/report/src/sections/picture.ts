/** A picture inside the page. */
import { html, type Html } from '../html.js';
import type { Picture } from '../pictures.js';

/** `side` in the page's pixels. */
export const image = ({ bytes, type }: Picture, alt: string, side = 70): Html =>
  html`<img src="data:${type};base64,${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))}" width="${side}" height="${side}" alt="${alt}">`;
