/**
 * The files next to `train.rec`: `train.idx`, "id<TAB>offset" per line; `train.lst`, "aligned<TAB>path<TAB>label" per
 * line (InsightFace, possibly followed by box and landmarks), line n for the record with id n; `property`,
 * "classes,height,width".
 */
import { FacewrightError } from '@facewright/core';
import { lineBlocks, type LineBlock } from '@facewright/platform/node';
import { cannotOpen } from '../readers/photo-files.js';

type Blocks = Iterable<LineBlock> | AsyncIterable<LineBlock>;

/** The result of `use` on the file's lines, or `undefined` if there is no such file. */
async function optional<T>(path: string, use: (blocks: Blocks) => Promise<T>): Promise<T | undefined> {
  try {
    return await use(lineBlocks(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cannotOpen(error, '.idx or .lst file', path);
  }
}

/** Offsets by id, or `undefined` if there is no such file. */
export const readIndex = (path: string): Promise<Map<number, number> | undefined> =>
  optional(path, (blocks) => parseIndex(blocks, path));

export async function parseIndex(blocks: Blocks, where: string): Promise<Map<number, number>> {
  const offsets = new Map<number, number>();
  for await (const { lines, first } of blocks) {
    for (const [index, line] of lines.entries()) {
      if (line.trim() === '') continue;
      const match = /^\s*(\d{1,15})\s+(\d{1,15})\s*$/.exec(line);
      if (!match || offsets.has(Number(match[1]))) {
        throw new FacewrightError({
          what: `This line is not "id<TAB>offset" with a unique id: "${line.slice(0, 60)}".`,
          where: `${where}, line ${first + index}`,
          todo: 'Download the .idx file again, or delete it: the records are then read in sequence.',
        });
      }
      offsets.set(Number(match[1]), Number(match[2]));
    }
  }
  return offsets;
}

export interface ListLine {
  readonly path: string;
  readonly label: number;
}

/** `undefined` if there is no such file, or it has another form. */
export const readList = (path: string): Promise<readonly ListLine[] | undefined> => optional(path, parseList);

/** `undefined` if the file has another form. */
export async function parseList(blocks: Blocks): Promise<readonly ListLine[] | undefined> {
  const list: ListLine[] = [];
  for await (const { lines } of blocks) {
    for (const line of lines) {
      if (line === '') continue;
      const [flag, path, label] = line.split('\t');
      if (!/^[01]$/.test(flag) || !path || !/^\d+(\.0+)?$/.test(label ?? '')) return undefined;
      list.push({ path, label: Number(label) });
    }
  }
  return list;
}
