/**
 * Where each person's lines are in a list, at some twenty bytes a line, so that a list of millions need be neither in memory nor sorted: a person's
 * lines are read from the file when the person comes.
 */
import { CheckedFile, Column, lineSpans } from '@facewright/platform/node';
import { entriesOf, groupByPerson, type PersonGroups } from './person-groups.js';
import { sortLines, type ListPlaces, type SortedLines } from './sorted-lines.js';

export interface ListLine {
  readonly text: string;
  /** From 1. */
  readonly number: number;
  /** As `mark` said of it. */
  readonly marked: boolean;
}

export interface LineIndex {
  /** In the order of their first lines. */
  readonly people: readonly string[];
  /** Reads the lines of one person after another, in the order of `people`. */
  lines(): AsyncGenerator<{ readonly name: string; readonly lines: ListLine[] }>;
}

export interface LineReading {
  personOf(text: string): string;
  /** Whether a line is to be marked; asked in the order of the lines. */
  mark(text: string): boolean;
}

/** With so many places to look at beyond one for each person, the lines are sorted by person on disk first. */
const SCATTERED = 100_000;
/** Lines in memory at once when they are sorted. */
const GROUP_BYTES = 32 << 20;

/** `first` is given the first lines that are not blank, some thousands of them, and says how lines are read. */
export async function indexLines(
  path: string,
  first: (lines: readonly { readonly text: string; readonly number: number }[]) => LineReading,
  signal: AbortSignal,
  { scattered = SCATTERED, groupBytes = GROUP_BYTES }: { scattered?: number; groupBytes?: number } = {},
): Promise<LineIndex> {
  const numbers = new Map<string, number>();
  const starts = new Column(new Float64Array(0));
  const lineNumbers = new Column(new Uint32Array(0));
  const persons = new Column(new Uint32Array(0));
  const marks = new Column(new Uint8Array(0));
  let reading: LineReading | undefined;
  for await (const block of lineSpans(path, { signal })) {
    const lines = block.flatMap((line) => (line.text.trim() === '' ? [] : [line]));
    if (lines.length) reading ??= first(lines);
    for (const { text, start, number } of lines) {
      const name = reading!.personOf(text);
      let person = numbers.get(name);
      if (person === undefined) numbers.set(name, (person = numbers.size));
      starts.push(start);
      lineNumbers.push(number);
      persons.push(person);
      marks.push(Number(reading!.mark(text)));
    }
  }
  if (!reading) first([]);
  const people = [...numbers.keys()];
  const [lineStarts, personOfLine] = [starts.view(), persons.view()];
  const list: List = {
    places: { path, starts: lineStarts, persons: personOfLine, people: people.length },
    groups: groupByPerson(personOfLine, people.length),
    numbers: lineNumbers.view(),
    marks: marks.view(),
    sortBytes: people.length > 0 && stretches(personOfLine) - people.length > scattered ? groupBytes : undefined,
  };
  return { people, lines: () => readLines(list, people, signal) };
}

/** How often the person changes from a line to the next, and once more. */
const stretches = (persons: Uint32Array): number =>
  persons.reduce((sum, person, line) => sum + Number(line === 0 || person !== persons[line - 1]), 0);

interface List {
  readonly places: ListPlaces;
  readonly groups: PersonGroups;
  readonly numbers: Uint32Array;
  readonly marks: Uint8Array;
  /** Set if the lines are to be sorted on disk. */
  readonly sortBytes?: number;
}

async function* readLines(
  { places, groups, numbers, marks, sortBytes }: List,
  people: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<{ readonly name: string; readonly lines: ListLine[] }> {
  const file = await CheckedFile.open(places.path);
  const sorted = sortBytes === undefined ? undefined : await sortedIfPossible(places, sortBytes, signal);
  try {
    for (const [person, name] of people.entries()) {
      const lines = entriesOf(groups, person);
      const texts = (await sorted?.textsOf(person, lines)) ?? linesAt(file, lines, places.starts);
      yield {
        name,
        lines: texts.map((text, place) => ({
          text,
          number: numbers[lines[place]],
          marked: marks[lines[place]] === 1,
        })),
      };
    }
  } finally {
    await sorted?.close();
    await file.close();
  }
}

/** Without room on the disk, each line is looked for by itself. */
const sortedIfPossible = (places: ListPlaces, bytes: number, signal: AbortSignal): Promise<SortedLines | undefined> =>
  sortLines(places, bytes, signal).catch((error: unknown) => {
    if (typeof (error as NodeJS.ErrnoException).code === 'string') return undefined;
    throw error;
  });

/** The texts of these lines, given where each line of the file starts. Lines that follow each other are read at once. */
export function linesAt(file: CheckedFile, wanted: Uint32Array, starts: Float64Array): string[] {
  const found: string[] = [];
  for (let first = 0; first < wanted.length;) {
    let last = first;
    while (last + 1 < wanted.length && wanted[last + 1] === wanted[last] + 1) last++;
    const [from, to] = [starts[wanted[first]], starts[wanted[last] + 1] ?? file.size];
    const bytes = file.readSync(from, to - from);
    for (; first <= last; first++) {
      const start = starts[wanted[first]] - from;
      const end = bytes.indexOf(0x0a, start);
      found.push(bytes.toString('utf8', start, end < 0 ? bytes.length : end).replace(/\r$/, ''));
    }
  }
  return found;
}
