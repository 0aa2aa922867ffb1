/**
 * What lies beside `train.rec`: `train.idx`, "id<TAB>offset" a line; `train.lst`, "aligned<TAB>path<TAB>label" a line (InsightFace, then
 * perhaps box and landmarks), line n for the record of id n; `property`, "classes,height,width".
 */
import { FacewrightError } from '@facewright/core';
import { readFile } from 'node:fs/promises';

const optional = (path: string): Promise<string | undefined> =>
  readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new FacewrightError({
      what: `The file beside the records cannot be read: ${error.message}.`,
      where: path,
      cause: error,
    });
  });

/** Offsets by id, or `undefined` where there is no such file. */
export async function readIndex(path: string): Promise<Map<number, number> | undefined> {
  const text = await optional(path);
  return text === undefined ? undefined : parseIndexText(text, path);
}

export function parseIndexText(text: string, where: string): Map<number, number> {
  const offsets = new Map<number, number>();
  text.split(/\r?\n/).forEach((line, index) => {
    if (line.trim() === '') return;
    const match = /^\s*(\d{1,15})\s+(\d{1,15})\s*$/.exec(line);
    if (!match || offsets.has(Number(match[1]))) {
      throw new FacewrightError({
        what: `This line is not "id<TAB>offset" with an id of its own: "${line.slice(0, 60)}".`,
        where: `${where}, line ${index + 1}`,
        todo: 'Fetch the .idx file again, or delete it: the records are then searched one after another.',
      });
    }
    offsets.set(Number(match[1]), Number(match[2]));
  });
  return offsets;
}

export interface ListLine {
  readonly path: string;
  readonly label: number;
}

/** `undefined` where there is no such file, or where it has another form. */
export async function readList(path: string): Promise<readonly ListLine[] | undefined> {
  const text = await optional(path);
  return text === undefined ? undefined : parseListText(text);
}

export function parseListText(text: string): readonly ListLine[] | undefined {
  const lines: ListLine[] = [];
  for (const line of text.split(/\r?\n/)) {
    if (line === '') continue;
    const [flag, path, label] = line.split('\t');
    if (!/^[01]$/.test(flag) || !path || !/^\d+(\.0+)?$/.test(label ?? '')) return undefined;
    lines.push({ path, label: Number(label) });
  }
  return lines;
}
