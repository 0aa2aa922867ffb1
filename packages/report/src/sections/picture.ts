/** A picture inside the page. */
import { html, type Html } from '../html.js';
import type { Picture } from '../pictures.js';

/** Side in the page's pixels. */
const SIDE = 70;

/** `key` is what `picturesOfPage` finds it by. */
export const image = ({ bytes, type }: Picture, alt: string, key: string): Html =>
  html`<img data-picture="${key}" src="data:${type};base64,${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))}" width="${SIDE}" height="${SIDE}" alt="${alt}">`;
