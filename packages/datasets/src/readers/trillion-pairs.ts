/**
 * Trillion Pairs landmark lists, such as `msra_lmk`, `celebrity_lmk` and that of the generated sample. Their photos
 * have five landmarks, so no detector is needed. Lists of `path label` without landmarks work too, with a detector.
 * Lists need not be sorted by person and may be of any length: only the place of each line is kept in memory.
 */
import {
  definePlugin,
  FacewrightError,
  throwIfAborted,
  type Photo,
  type PluginContext,
  type Reader,
} from '@facewright/core';
import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { parseBare } from './bare-line.js';
import { labelOf, leadsOut, parseLine, parseWhole, relative, usualPath, type LandmarkLine } from './landmark-line.js';
import { indexLines, type LineIndex, type LineReading, type ListLine } from './line-index.js';
import { cannotOpen, photoOf } from './photo-files.js';
import { TextSet } from './text-set.js';
import { VERSION } from '../version.js';

export const trillionPairs = definePlugin({
  meta: {
    name: 'trillion-pairs',
    kind: 'reader',
    version: VERSION,
    apiVersion: 1,
    description: 'A list of photos with labels and five landmarks',
  },
  options: z.strictObject({
    path: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]).describe('one list or several'),
    images: z
      .string()
      .min(1)
      .optional()
      .describe("folder that the list's paths are relative to; default: the folder of the list"),
  }),
  create: ({ path, images }, context) => {
    const lists = [path].flat().map((list) => resolve(context.baseDirectory, list));
    return listReader(lists, images === undefined ? undefined : resolve(context.baseDirectory, images), context);
  },
});

declare module '@facewright/core' {
  interface ReaderPlugins {
    'trillion-pairs': typeof trillionPairs;
  }
}

function listReader(lists: readonly string[], images: string | undefined, context: PluginContext): Reader {
  refuseSameNames(lists);
  let opened: Promise<OpenList[]> | undefined; // a preparation reads twice
  return {
    async *identities() {
      for (const open of await (opened ??= openLists(lists, images, context.signal))) {
        for await (const { name, lines } of open.index.lines()) {
          throwIfAborted(context.signal, open.list);
          yield { name, photos: lines.map((line) => photoAt(line, name, open)) };
        }
      }
    },
  };
}

interface OpenList {
  readonly list: string;
  readonly root: string;
  /** How its lines are read. */
  readonly form: Form;
  /** Marks the lines whose path is on an earlier line, of this list or one before it. */
  readonly index: LineIndex;
}

async function openLists(
  lists: readonly string[],
  images: string | undefined,
  signal: AbortSignal,
): Promise<OpenList[]> {
  const seen = new TextSet();
  const opened: OpenList[] = [];
  for (const list of lists) {
    // every list counts labels from 0; if there are several, the list's name keeps them apart
    const prefix = lists.length > 1 ? `${basename(list)}:` : '';
    let form: Form = 'bare';
    const readBy = (first: readonly Line[]): LineReading => {
      form = formOf(first, list);
      return {
        personOf: (text) => prefix + personOf(text, form),
        mark: (text) => !seen.add(pathOf(text, form)),
      };
    };
    const index = await indexLines(list, readBy, signal).catch((error: unknown) => {
      throw cannotOpen(error, 'list', list);
    });
    opened.push({ list, root: images ?? dirname(list), form, index });
  }
  return opened;
}

type Line = Pick<ListLine, 'text' | 'number'>;

/** The person of lines without a label; all their photos are excluded. */
const NO_LABEL = '(no label)';

/** With label and landmarks, with landmarks only, or with the label only. */
type Form = 'labelled' | 'unlabelled' | 'bare';

function personOf(text: string, form: Form): string {
  if (form === 'bare') return parseBare(text)?.label ?? NO_LABEL;
  return form === 'labelled' ? (labelOf(text) ?? NO_LABEL) : folderOf(parseLine(text, false).path);
}

function parse(text: string, form: Form): LandmarkLine {
  if (form !== 'bare') return parseLine(text, form === 'labelled');
  const { path } = parseBare(text) ?? {};
  if (path === undefined) return { path: relative(text.trim().slice(0, 200)), problem: 'it is not "path label"' };
  const problem = leadsOut(path) && `the path "${path}" points outside the image folder`;
  return { path: relative(path), ...(problem && { problem }) };
}

/** The path of `parse`, found faster in the usual line: lists have millions. */
const pathOf = (text: string, form: Form): string =>
  (form === 'labelled' ? usualPath(text) : undefined) ?? parse(text, form).path;

function photoAt(
  { text, number, marked: repeated }: ListLine,
  identity: string,
  { list, root, form }: OpenList,
): Photo {
  const { path, landmarks, problem } = parse(text, form);
  // ids stay unique: a repeated path gets its line number
  const id = repeated ? `${path} (${basename(list)}, line ${number})` : path;
  const place = `${list}, line ${number}`;
  if (problem)
    return photoOf(id, identity, join(root, path), {
      excluded: { reason: form === 'bare' ? 'bad-label' : 'bad-landmarks', detail: `${place}: ${problem}` },
    });
  if (repeated)
    return photoOf(id, identity, join(root, path), {
      excluded: { reason: 'listed-twice', detail: `${place}: the same path is on an earlier line` },
    });
  return photoOf(id, identity, join(root, path), landmarks && { landmarks });
}

/** The form of most of the first lines, because a labelled line with a missing number looks like the other form. */
function formOf(lines: readonly Line[], list: string): Form {
  let labelled = 0;
  let unlabelled = 0;
  let bare = 0;
  for (const { text } of lines) {
    if (labelled + unlabelled + bare === 1000) break;
    if (parseWhole(text, true)) labelled++;
    else if (parseWhole(text, false)) unlabelled++;
    else if (parseBare(text)) bare++;
  }
  if (bare > labelled + unlabelled) return 'bare';
  if (labelled + unlabelled > 0) return labelled >= unlabelled ? 'labelled' : 'unlabelled';
  throw new FacewrightError({
    what:
      lines.length === 0
        ? 'The landmark list is empty.'
        : `No line of the landmark list is complete; line ${lines[0].number} starts with "${lines[0].text.trim().slice(0, 60)}".`,
    where: list,
    todo: 'Expected one line per photo: "path label x1 y1 x2 y2 x3 y3 x4 y4 x5 y5" (left eye, right eye, nose, left and right corner of the mouth), or "path label" to have a detector find the faces.',
  });
}

const folderOf = (path: string): string => (path.includes('/') ? dirname(path) : NO_LABEL);

function refuseSameNames(lists: readonly string[]): void {
  const twice = lists.find((list, index) => lists.findIndex((other) => basename(other) === basename(list)) !== index);
  if (twice)
    throw new FacewrightError({
      what: `Two lists have the same name "${basename(twice)}", so their labels cannot be distinguished.`,
      where: twice,
      todo: 'Rename one of them.',
    });
}
