/** A contact sheet with one row of images per person, to check names, faces and alignment at a glance. */
import { throwIfAborted } from '@facewright/core';
import { openCollection, type ToolOptions } from './collection.js';
import { drawSheet, type SheetRow } from './sheet.js';

export interface PreviewOptions extends ToolOptions {
  /** Number of rows: people spread over the whole set. Default 12. */
  readonly people?: number;
  /** Images per row. Default 8. */
  readonly images?: number;
  /** Side of a cell in pixels. Default 112. */
  readonly size?: number;
}

/**
 * The bytes of a PNG. Throws a `FacewrightError` if the set cannot be opened. An unreadable image becomes a crossed-out
 * cell.
 */
export async function previewDataset(
  path: string,
  { people = 12, images = 8, size = 112, ...options }: PreviewOptions = {},
): Promise<Uint8Array> {
  const found = await openCollection(path, options);
  try {
    return await drawSheet(await pickRows(found, people, images, options.signal), size, options.signal);
  } finally {
    if (found.format !== 'insightface-bin') await found.close();
  }
}

async function pickRows(
  found: Awaited<ReturnType<typeof openCollection>>,
  people: number,
  images: number,
  signal?: AbortSignal,
): Promise<SheetRow[]> {
  if (found.format === 'insightface-bin') {
    return spread(found.pairs, people).map(({ a, b, same }) => ({
      title: same ? 'same' : 'different',
      subtitle: '',
      images: [a, b].map((caption) => ({ caption, bytes: async () => found.images.get(caption)! })),
    }));
  }
  const all: { name: string; images: { caption: string; bytes(): Promise<Uint8Array> }[]; count: number }[] = [];
  for await (const person of found.people()) {
    throwIfAborted(signal, found.path);
    const usable = person.images.filter(({ excluded }) => !excluded);
    all.push({
      name: person.name,
      count: person.images.length,
      images: spread(usable, images).map(({ source, kind, bytes }) => ({
        caption: kind === 'original' ? source.split('/').at(-1)! : kind,
        bytes,
      })),
    });
  }
  // more people than rows, with one image each: fill the rows, with names below
  if (all.length > people && all.every((person) => person.images.length < 2))
    return inRows(
      spread(
        all.flatMap(({ name, images: own }) => own.map((image) => ({ ...image, caption: name }))),
        people * images,
      ),
      images,
    );
  return spread(all, people).map(({ name, count, images: own }) => ({
    title: name,
    subtitle: `${count} ${count === 1 ? 'image' : 'images'}`,
    images: own,
  }));
}

const inRows = (all: SheetRow['images'], length: number): SheetRow[] =>
  Array.from({ length: Math.ceil(all.length / length) }, (_, row) => ({
    title: '',
    subtitle: '',
    images: all.slice(row * length, (row + 1) * length),
  }));

/** `count` elements of the list, evenly spread. */
const spread = <T>(list: readonly T[], count: number): T[] =>
  Array.from(
    { length: Math.min(count, list.length) },
    (_, index) => list[Math.floor((index * list.length) / Math.min(count, list.length))],
  );
