/**
 * Where each person's lines are in a list, at some twenty bytes a line, so that a list of millions need be neither in memory nor sorted: a person's
 * lines are read from the file when the person comes.
 */
import { CheckedFile, lineSpans } from '@facewright/platform/node';
import { Column } from './column.js';

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

/** `first` is given the first lines that are not blank, some thousands of them, and says how lines are read. */
export async function indexLines(
  path: string,
  first: (lines: readonly { readonly text: string; readonly number: number }[]) => LineReading,
  signal: AbortSignal,
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
  const groups = groupLines(persons.view(), people.length);
  const place = { starts: starts.view(), numbers: lineNumbers.view(), marks: marks.view() };
  return { people, lines: () => readLines(path, people, groups, place) };
}

interface Groups {
  readonly starts: Uint32Array;
  readonly lines: Uint32Array;
}

/** The lines of person p are `lines[starts[p]]` … `lines[starts[p + 1] − 1]`, in their order. */
function groupLines(persons: Uint32Array, people: number): Groups {
  const starts = new Uint32Array(people + 1);
  for (const person of persons) starts[person + 1]++;
  for (let person = 0; person < people; person++) starts[person + 1] += starts[person];
  const next = starts.slice();
  const lines = new Uint32Array(persons.length);
  for (let line = 0; line < persons.length; line++) lines[next[persons[line]]++] = line;
  return { starts, lines };
}

interface Places {
  readonly starts: Float64Array;
  readonly numbers: Uint32Array;
  readonly marks: Uint8Array;
}

async function* readLines(
  path: string,
  people: readonly string[],
  { starts, lines }: Groups,
  places: Places,
): AsyncGenerator<{ readonly name: string; readonly lines: ListLine[] }> {
  const file = await CheckedFile.open(path);
  try {
    for (const [person, name] of people.entries())
      yield { name, lines: linesAt(file, lines.subarray(starts[person], starts[person + 1]), places) };
  } finally {
    await file.close();
  }
}

/** Lines that follow each other are read at once. */
function linesAt(file: CheckedFile, wanted: Uint32Array, { starts, numbers, marks }: Places): ListLine[] {
  const found: ListLine[] = [];
  for (let first = 0; first < wanted.length;) {
    let last = first;
    while (last + 1 < wanted.length && wanted[last + 1] === wanted[last] + 1) last++;
    const [from, to] = [starts[wanted[first]], starts[wanted[last] + 1] ?? file.size];
    const bytes = file.readSync(from, to - from);
    for (; first <= last; first++) {
      const line = wanted[first];
      const start = starts[line] - from;
      const end = bytes.indexOf(0x0a, start);
      const text = bytes.toString('utf8', start, end < 0 ? bytes.length : end);
      found.push({ text: text.replace(/\r$/, ''), number: numbers[line], marked: marks[line] === 1 });
    }
  }
  return found;
}
