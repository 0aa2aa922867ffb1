/**
 * Pairs files of verification sets.
 *
 *   LFW    first line "folds<TAB>pairs" (n of the same person and n of different ones per fold; without folds: one fold), then
 *          "Name i j" or "Name i Other j": images `Name/Name_000i.jpg` (http://vis-www.cs.umass.edu/lfw/, README)
 *   plain  a pair per line, "pathA pathB 1" for the same person and 0 for different ones, followed in all lines or none by a fold
 *   .bin   an InsightFace verification set, which includes its images (bin.ts)
 *
 * fields.ts splits lines into fields.
 */
import { FacewrightError } from '@facewright/core';
import { lineBlocks, type LineBlock } from '@facewright/platform/node';
import { cannotOpen } from '../readers/photo-files.js';
import { isBinPath, readBin } from './bin.js';
import { fieldsOf, shown, slashes } from './fields.js';
import { dealFolds, type Pair, type PairsFile } from './folds.js';

/** `extension` is that of the images an LFW file names. Throws a `FacewrightError` that names the first wrong line. */
export async function readPairs(path: string, { extension = 'jpg' }: { extension?: string } = {}): Promise<PairsFile> {
  if (isBinPath(path)) {
    const { folds, pairs } = await readBin(path);
    return { folds, pairs };
  }
  const lines: Line[] = [];
  try {
    for await (const block of lineBlocks(path)) addLines(lines, block, path);
  } catch (error) {
    throw cannotOpen(error, 'pairs file', path);
  }
  return pairsOf(lines, path, extension);
}

interface Line {
  readonly fields: string[];
  readonly where: string;
}

/** The same for the text of a file; `where` is its path, for errors. */
export function parsePairs(text: string, where: string, extension = 'jpg'): PairsFile {
  const lines: Line[] = [];
  addLines(lines, { lines: text.replace(/^\uFEFF/, '').split(/\r?\n/), first: 1 }, where);
  return pairsOf(lines, where, extension);
}

function addLines(all: Line[], { lines, first }: LineBlock, where: string): void {
  for (const [index, line] of lines.entries()) {
    const fields = fieldsOf(line);
    if (fields.length > 0) all.push({ fields, where: `${where}, line ${first + index}` });
  }
}

function pairsOf(lines: readonly Line[], where: string, extension: string): PairsFile {
  if (lines.length === 0) throw new FacewrightError({ what: 'The pairs file is empty.', where, todo: FORMS });
  const header = lines[0].fields;
  return header.length <= 2 && header.every(isCount)
    ? lfwPairs(header.map(Number), lines.slice(1), where, extension)
    : plainPairs(lines);
}

const FORMS =
  'Expected an LFW pairs.txt, or one pair per line: "pathA pathB 1" for the same person, 0 for different people.';
const isCount = (text: string): boolean => /^\d+$/.test(text);

function lfwPairs(header: readonly number[], lines: readonly Line[], where: string, extension: string): PairsFile {
  const [folds, each] = header.length === 2 ? header : [1, header[0]];
  if (folds === 0 || lines.length !== folds * each * 2) {
    throw new FacewrightError({
      what: `The pairs file has ${lines.length} pairs, but its first line says ${folds} × 2 × ${each} = ${folds * each * 2}.`,
      where,
      todo: 'Download the file again: it may be truncated.',
    });
  }
  const image = (name: string, number: string): string => `${name}/${name}_${number.padStart(4, '0')}.${extension}`;
  const pairs = lines.map(({ fields, where }, index): Pair => {
    const fold = Math.floor(index / (each * 2));
    const same = index % (each * 2) < each;
    if (same && fields.length === 3 && isCount(fields[1]) && isCount(fields[2]))
      return { a: image(fields[0], fields[1]), b: image(fields[0], fields[2]), same, fold };
    if (!same && fields.length === 4 && isCount(fields[1]) && isCount(fields[3]))
      return { a: image(fields[0], fields[1]), b: image(fields[2], fields[3]), same, fold };
    throw new FacewrightError({
      what: `This line is not a pair of ${same ? 'the same person' : 'different people'}: "${shown(fields)}".`,
      where,
      todo: same ? 'Expected "Name i j".' : 'Expected "Name i Other j".',
    });
  });
  return { folds, pairs };
}

function plainPairs(lines: readonly Line[]): PairsFile {
  const width = lines[0].fields.length === 4 ? 4 : 3;
  const whole = lines.map(({ fields, where }) => {
    if (fields.length !== width || !/^[01]$/.test(fields[2]))
      throw new FacewrightError({ what: `This line is not a pair: "${shown(fields)}".`, where, todo: FORMS });
    if (width === 4 && !isCount(fields[3]))
      throw new FacewrightError({
        what: `"${fields[3]}" is not a fold number.`,
        where,
        todo: 'Folds are integers from 0.',
      });
    return { a: slashes(fields[0]), b: slashes(fields[1]), same: fields[2] === '1', fold: Number(fields[3]) };
  });
  if (width === 4) {
    const numbers = [...new Set(whole.map(({ fold }) => fold))].sort((a, b) => a - b);
    const indexes = new Map(numbers.map((number, index) => [number, index]));
    return { folds: numbers.length, pairs: whole.map((pair) => ({ ...pair, fold: indexes.get(pair.fold)! })) };
  }
  const { folds, foldOf } = dealFolds(whole.map(({ same }) => same));
  return { folds, pairs: whole.map((pair, index) => ({ ...pair, fold: foldOf[index] })) };
}
