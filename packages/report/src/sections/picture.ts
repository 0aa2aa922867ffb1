/** A picture embedded in the page. */
import { html, type Html } from '../html.js';
import type { Picture } from '../pictures.js';

/** Side in CSS pixels. */
const SIDE = 70;

/** `picturesOfPage` finds it by `key`. */
export const image = ({ bytes, type }: Picture, alt: string, key: string): Html =>
  html`<img data-picture="${key}" src="data:${type};base64,${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))}" width="${SIDE}" height="${SIDE}" alt="${alt}">`;
