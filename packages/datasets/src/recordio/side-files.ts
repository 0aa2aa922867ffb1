/** `train.idx` next to `train.rec`: "id<TAB>offset" per line. */
import { FacewrightError } from '@facewright/core';
import { lineBlocks, type LineBlock } from '@facewright/platform/node';
import { cannotOpen } from '../readers/photo-files.js';
import { OffsetTable } from './offset-table.js';

type Blocks = Iterable<LineBlock> | AsyncIterable<LineBlock>;

/** Offsets by id, or `undefined` if there is no such file. */
export async function readIndex(path: string): Promise<OffsetTable | undefined> {
  try {
    return await parseIndex(lineBlocks(path), path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cannotOpen(error, '.idx or .lst file', path);
  }
}

export async function parseIndex(blocks: Blocks, where: string): Promise<OffsetTable> {
  const offsets = new OffsetTable();
  for await (const { lines, first } of blocks) {
    for (const [index, line] of lines.entries()) {
      if (line.trim() === '') continue;
      const match = /^\s*(\d{1,15})\s+(\d{1,15})\s*$/.exec(line);
      if (!match || !offsets.add(Number(match[1]), Number(match[2]))) {
        throw new FacewrightError({
          what: `This line is not "id<TAB>offset" with a unique id: "${line.slice(0, 60)}".`,
          where: `${where}, line ${first + index}`,
          todo: 'Download the .idx file again, or delete it: the records are then read in sequence.',
        });
      }
    }
  }
  return offsets;
}
