/** A contact sheet: a row a person with some of their images, so that one look shows whether names, faces and alignment are right. */
import { throwIfAborted } from '@facewright/core';
import sharp, { type OverlayOptions } from 'sharp';
import { openCollection, type ToolOptions } from './collection.js';

export interface PreviewOptions extends ToolOptions {
  /** Rows: people spread over the whole set. Default 12. */
  readonly people?: number;
  /** Images a row. Default 8. */
  readonly images?: number;
  /** Side of a cell in pixels. Default 112. */
  readonly size?: number;
}

interface Row {
  readonly title: string;
  readonly subtitle: string;
  readonly images: readonly { readonly caption: string; bytes(): Promise<Uint8Array> }[];
}

const GAP = 6;
const TITLE = 170;
const CAPTION = 14;

/** The bytes of a PNG. Throws a `FacewrightError` where the set cannot be opened; an image that cannot be read is a crossed cell. */
export async function previewDataset(path: string, { people = 12, images = 8, size = 112, ...options }: PreviewOptions = {}): Promise<Uint8Array> {
  const found = await openCollection(path, options);
  try {
    return await draw(await pickRows(found, people, images, options.signal), size, options.signal);
  } finally {
    if (found.format !== 'insightface-bin') await found.close();
  }
}

async function draw(rows: readonly Row[], size: number, signal?: AbortSignal): Promise<Uint8Array> {
  const columns = Math.max(1, ...rows.map((row) => row.images.length));
  const width = TITLE + columns * (size + GAP) + GAP;
  const rowHeight = size + CAPTION + GAP;
  const height = rows.length * rowHeight + GAP;
  const layers: OverlayOptions[] = [];
  const texts: string[] = [];
  for (const [r, row] of rows.entries()) {
    const top = GAP + r * rowHeight;
    texts.push(text(GAP, top + size / 2, 15, row.title, TITLE - 2 * GAP), text(GAP, top + size / 2 + 18, 12, row.subtitle, TITLE - 2 * GAP, '#777'));
    for (const [c, image] of row.images.entries()) {
      throwIfAborted(signal);
      const left = TITLE + c * (size + GAP);
      const cell = await image.bytes().then((bytes) => sharp(bytes).autoOrient().resize(size, size, { fit: 'contain', background: '#ddd' }).flatten().png().toBuffer()).catch(() => undefined);
      if (cell) layers.push({ input: cell, left, top });
      else texts.push(`<path d="M${left} ${top}h${size}v${size}h-${size}zl${size} ${size}m0-${size}l-${size} ${size}" fill="none" stroke="#c33" stroke-width="2"/>`);
      texts.push(text(left, top + size + 11, 10, image.caption, size, '#777'));
    }
  }
  const svg = Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${texts.join('')}</svg>`);
  return sharp({ create: { width, height, channels: 3, background: '#fff' } }).composite([...layers, { input: svg, left: 0, top: 0 }]).png().toBuffer();
}

async function pickRows(found: Awaited<ReturnType<typeof openCollection>>, people: number, images: number, signal?: AbortSignal): Promise<Row[]> {
  if (found.format === 'insightface-bin') {
    return spread(found.pairs, people).map(({ a, b, same }) => ({ title: same ? 'same' : 'different', subtitle: '', images: [a, b].map((caption) => ({ caption, bytes: async () => found.images.get(caption)! })) }));
  }
  const all: { name: string; images: { caption: string; bytes(): Promise<Uint8Array> }[]; count: number }[] = [];
  for await (const person of found.people()) {
    throwIfAborted(signal, found.path);
    const usable = person.images.filter(({ excluded }) => !excluded);
    all.push({ name: person.name, count: person.images.length, images: spread(usable, images).map(({ source, kind, bytes }) => ({ caption: kind === 'original' ? source.split('/').at(-1)! : kind, bytes })) });
  }
  return spread(all, people).map(({ name, count, images: own }) => ({ title: name, subtitle: `${count} ${count === 1 ? 'image' : 'images'}`, images: own }));
}

/** `count` of the list, evenly from all over it. */
const spread = <T>(list: readonly T[], count: number): T[] => Array.from({ length: Math.min(count, list.length) }, (_, index) => list[Math.floor((index * list.length) / Math.min(count, list.length))]);

/** A line of text, cut where it would be wider than `width` at about half its height a letter. */
function text(x: number, y: number, height: number, content: string, width: number, colour = '#222'): string {
  const letters = [...content];
  const room = Math.floor(width / (height * 0.55));
  const shown = letters.length > room ? `${letters.slice(0, room - 1).join('')}…` : content;
  const escaped = shown.replace(/[\u0000-\u001f]/g, ' ').replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
  return `<text x="${x}" y="${y}" font-family="sans-serif" font-size="${height}" fill="${colour}">${escaped}</text>`;
}
