/**
 * `train.lst` next to `train.rec`: "aligned<TAB>path<TAB>label" per line (InsightFace, possibly followed by box and
 * landmarks), line n for the record with id n. Only places and labels are in memory; lines are read again on demand.
 */
import { CheckedFile, Column, lineSpans } from '@facewright/platform/node';
import { basename, dirname, posix } from 'node:path';
import { cannotOpen } from '../readers/photo-files.js';
import { linesAt } from '../readers/line-index.js';
import { TextSet } from '../readers/text-set.js';

export interface ListFile {
  /** Number of lines that are not blank. */
  readonly length: number;
  /** The label on line n, from 1; `undefined` if there is none. */
  labelOf(line: number): number | undefined;
  /** The name of the folder of each label's photos; missing if they are in several, or a folder has photos of several labels. */
  readonly folders?: ReadonlyMap<number, string>;
  /** Whether no path comes twice. */
  readonly unique: boolean;
  /** Opens it to read paths, below the root, with `/`. */
  open(): Promise<{ pathsOf(lines: ArrayLike<number>): string[]; close(): Promise<void> }>;
}

/** `undefined` if there is no such file, or it has another form. */
export async function readList(path: string, signal?: AbortSignal): Promise<ListFile | undefined> {
  const starts = new Column(new Float64Array(0));
  const labels = new Column(new Float64Array(0));
  const folders = new Folders();
  const seen = new TextSet();
  let unique = true;
  try {
    for await (const block of lineSpans(path, { signal }))
      for (const { text, start } of block) {
        if (text === '') continue;
        const line = parseListLine(text);
        if (!line) return undefined;
        starts.push(start);
        labels.push(line.label);
        const place = pathBelowRoot(line.path);
        unique &&= seen.add(place);
        folders.add(line.label, basename(dirname(place)));
      }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cannotOpen(error, '.idx or .lst file', path);
  }
  return {
    length: labels.length,
    labelOf: (line) => (line >= 1 && line <= labels.length ? labels.at(line - 1) : undefined),
    folders: folders.names(),
    unique,
    open: async () => {
      const file = await CheckedFile.open(path);
      return {
        pathsOf: (lines) => {
          const wanted = Uint32Array.from(lines, (line) => line - 1);
          return linesAt(file, wanted, starts.view()).map((text) => pathBelowRoot(parseListLine(text)?.path ?? text));
        },
        close: () => file.close(),
      };
    },
  };
}

function parseListLine(text: string): { readonly path: string; readonly label: number } | undefined {
  const [flag, path, label] = text.split('\t');
  return /^[01]$/.test(flag) && path && /^\d+(\.0+)?$/.test(label ?? '') ? { path, label: Number(label) } : undefined;
}

const pathBelowRoot = (path: string): string => posix.normalize(`/${path.replaceAll('\\', '/')}`).slice(1);

/** Whether labels and folders correspond. */
class Folders {
  private readonly byLabel = new Map<number, string>();
  private oneEach = true;

  add(label: number, folder: string): void {
    if (!this.oneEach) return;
    const known = this.byLabel.get(label);
    this.oneEach = folder !== '.' && folder !== '' && folder === (known ?? folder);
    if (known === undefined) this.byLabel.set(label, folder);
  }

  names(): ReadonlyMap<number, string> | undefined {
    return this.oneEach && new Set(this.byLabel.values()).size === this.byLabel.size ? this.byLabel : undefined;
  }
}
