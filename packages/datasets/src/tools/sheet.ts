/** Draws rows of images with a title and captions as one picture. */
import { throwIfAborted } from '@facewright/core';
import type { OverlayOptions } from 'sharp';

export interface SheetRow {
  readonly title: string;
  readonly subtitle: string;
  /** Colour of the title; any CSS colour. */
  readonly colour?: string;
  readonly images: readonly { readonly caption: string; bytes(): Promise<Uint8Array> }[];
}

const GAP = 6;
const TITLE = 170;
const CAPTION = 14;

/** The bytes of a PNG; `size` is the side of a cell in pixels. An unreadable image becomes a crossed-out cell. */
export async function drawSheet(rows: readonly SheetRow[], size: number, signal?: AbortSignal): Promise<Uint8Array> {
  const { default: sharp } = await import('sharp');
  const columns = Math.max(1, ...rows.map((row) => row.images.length));
  const aside = rows.some((row) => row.title) ? TITLE : GAP;
  const width = aside + columns * (size + GAP) + GAP;
  const rowHeight = size + CAPTION + GAP;
  const height = rows.length * rowHeight + GAP;
  const layers: OverlayOptions[] = [];
  const texts: string[] = [];
  for (const [r, row] of rows.entries()) {
    const top = GAP + r * rowHeight;
    texts.push(
      text(GAP, top + size / 2, 15, row.title, TITLE - 2 * GAP, row.colour),
      text(GAP, top + size / 2 + 18, 12, row.subtitle, TITLE - 2 * GAP, '#777'),
    );
    for (const [c, image] of row.images.entries()) {
      throwIfAborted(signal);
      const left = aside + c * (size + GAP);
      const cell = await image
        .bytes()
        .then((bytes) =>
          sharp(bytes)
            .autoOrient()
            .resize(size, size, { fit: 'contain', background: '#ddd' })
            .flatten()
            .png()
            .toBuffer(),
        )
        .catch(() => undefined);
      if (cell) layers.push({ input: cell, left, top });
      else
        texts.push(
          `<path d="M${left} ${top}h${size}v${size}h-${size}zl${size} ${size}m0-${size}l-${size} ${size}" fill="none" stroke="#c33" stroke-width="2"/>`,
        );
      texts.push(text(left, top + size + 11, 10, image.caption, size, '#777'));
    }
  }
  const svg = Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${texts.join('')}</svg>`,
  );
  return sharp({ create: { width, height, channels: 3, background: '#fff' } })
    .composite([...layers, { input: svg, left: 0, top: 0 }])
    .png()
    .toBuffer();
}

/** A line of text, cut at `width`, assuming that a letter is half as wide as high. */
function text(x: number, y: number, height: number, content: string, width: number, colour = '#222'): string {
  const letters = [...content];
  const room = Math.floor(width / (height * 0.55));
  const shown = letters.length > room ? `${letters.slice(0, room - 1).join('')}…` : content;
  const escaped = shown
    .replace(/[\u0000-\u001f]/g, ' ')
    .replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
  return `<text x="${x}" y="${y}" font-family="sans-serif" font-size="${height}" fill="${colour}">${escaped}</text>`;
}
