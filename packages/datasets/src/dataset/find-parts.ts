/** Finds the parts of a divided preparation, and refuses any but a complete set that belongs together. */
import { FacewrightError, type PreparedPart } from '@facewright/core';
import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { DATASET_FILE, readDatasetFile, type DatasetFile } from './dataset-file.js';

export interface FoundPart {
  readonly directory: string;
  readonly part: PreparedPart;
  readonly record: DatasetFile;
}

/** Left by a process that is still at work, or was killed: what it was writing, and what it was replacing. */
const UNFINISHED = /\.(partial|former)$/;

/**
 * The parts at `paths` in order. A path is a part's directory, or a directory of parts. Throws a `FacewrightError` if
 * one is missing or there twice, or if they were not made from the same data with the same options.
 */
export async function findParts(paths: readonly string[]): Promise<FoundPart[]> {
  const directories = (await Promise.all(paths.map((path) => directoriesIn(resolve(path))))).flat();
  const unfinished = directories.filter((path) => UNFINISHED.test(path));
  const found: FoundPart[] = [];
  for (const directory of new Set(directories.filter((path) => !UNFINISHED.test(path)))) {
    const record = await readDatasetFile(directory);
    const { part } = record.summary;
    if (!part)
      throw new FacewrightError({
        what: 'This is a whole dataset, not a part of one.',
        where: directory,
        todo: 'Give the directories written by "facewright prepare --part".',
      });
    found.push({ directory, part, record });
  }
  if (!found.length)
    throw new FacewrightError({
      what: unfinished.length ? 'None of the parts is finished.' : 'There are no parts here.',
      where: paths.join(', '),
      todo: 'Prepare each of them: facewright prepare --part <i/n>.',
    });
  found.sort((a, b) => a.part.number - b.part.number);
  requireTogether(found);
  requireAll(found, unfinished);
  return found;
}

/** The directory itself if it is a dataset or unfinished, otherwise those inside. Lock files beside them are passed over. */
async function directoriesIn(path: string): Promise<string[]> {
  const entry = await stat(path).catch((cause: unknown) => {
    throw new FacewrightError({ what: 'There is no such directory.', where: path, cause });
  });
  if (!entry.isDirectory()) {
    if (path.endsWith('.lock')) return [];
    throw new FacewrightError({
      what: 'This is a file, not a part of a dataset.',
      where: path,
      todo: 'Give the directories written by "facewright prepare --part".',
    });
  }
  if (UNFINISHED.test(path)) return [path];
  const entries = await readdir(path, { withFileTypes: true });
  if (entries.some(({ name }) => name === DATASET_FILE)) return [path];
  const inside = entries
    .filter((each) => each.isDirectory() || each.isSymbolicLink())
    .map(({ name }) => join(path, name));
  return inside.length ? inside : [path]; // which is refused with its own message
}

function requireTogether([first, ...others]: readonly FoundPart[]): void {
  let detector = first.record.summary.alignment.detector;
  for (const other of others) {
    const differ = other.part.of === first.part.of ? differing(first, other, detector) : ['number of parts'];
    if (differ.length)
      throw new FacewrightError({
        what: `These parts do not belong together: they were made from other data or with other options. Different: ${differ.join(', ')}.`,
        where: `${first.directory} (part ${nameOf(first)}) and ${other.directory} (part ${nameOf(other)})`,
        todo: 'Prepare all parts with the same command, the same data and the same version.',
      });
    if (other.part.number === first.part.number) throw twice(first, other);
    detector ??= other.record.summary.alignment.detector;
  }
  others.forEach((other, index) => {
    const before = index ? others[index - 1] : first;
    if (before.part.number === other.part.number) throw twice(before, other);
  });
}

/** What two parts should have in common but do not. A part whose photos needed no detector has none. */
function differing(one: FoundPart, other: FoundPart, detector: string | undefined): string[] {
  const [a, b] = [one, other].map(({ part, record: { image, shardBytes, summary } }) => ({
    ...part.basis,
    'image format': `${image.format} ${image.encoder ?? ''}`,
    'size of shards': String(shardBytes),
    seed: String(summary.seed),
    alignment: summary.alignment.fingerprint,
  })) as Record<string, string>[];
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((name) => a[name] !== b[name]);
  const found = other.record.summary.alignment.detector;
  const weights = detector !== undefined && found !== undefined && detector !== found;
  return weights ? [...names, "the detector's weights"] : names;
}

const nameOf = ({ part: { number, of } }: FoundPart): string => `${number}/${of}`;

const twice = (one: FoundPart, other: FoundPart): FacewrightError =>
  new FacewrightError({
    what: `Part ${nameOf(one)} is there twice.`,
    where: `${one.directory} and ${other.directory}`,
    todo: 'Leave out one of them.',
  });

const SHOWN = 10;

function requireAll(found: readonly FoundPart[], unfinished: readonly string[]): void {
  const { of } = found[0].part;
  const there = new Set(found.map(({ part: { number } }) => number));
  const missing = Array.from({ length: of }, (_, index) => index + 1).filter((number) => !there.has(number));
  if (!missing.length) return;
  const list = missing.slice(0, SHOWN).map((number) => `${number}/${of}`);
  const more = missing.length > SHOWN ? ` and ${missing.length - SHOWN} more` : '';
  throw new FacewrightError({
    what: `${missing.length === 1 ? 'A part is' : `${missing.length} parts are`} missing: ${list.join(', ')}${more}.`,
    ...(unfinished.length && {
      where: `unfinished: ${unfinished
        .slice(0, SHOWN)
        .map((path) => basename(path))
        .join(', ')}`,
    }),
    todo: `Prepare them, for example with --part ${list[0]}. A part that was interrupted goes on where it stopped.`,
  });
}
