/**
 * The lines of a large list that is not sorted by person, copied to a temporary file in which lines of a person are close
 * together. People are dealt to groups whose lines fit in memory; each group has its part of the file, to which its lines are
 * appended. The list and the copy are each read once, in sequence: looking for every line by itself takes hours on a disk.
 */
import { piecesOf } from '@facewright/platform/node';
import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What is known of a list. */
export interface ListPlaces {
  readonly path: string;
  /** Where each line starts, in order. */
  readonly starts: Float64Array;
  /** The person of each line. */
  readonly persons: Uint32Array;
  readonly people: number;
}

export interface SortedLines {
  /** The texts of a person's lines. Fast if people come in the order of their numbers. */
  textsOf(person: number, lines: Uint32Array): Promise<string[]>;
  /** Deletes the copy. */
  close(): Promise<void>;
}

const NEWLINE = 0x0a;
/** Lines of a group that are written together. */
const BUFFER = 1 << 16;

/** `groupBytes`: about how many bytes of lines are in memory at once. Rejects with a system error, e.g. if the disk is full. */
export async function sortLines(list: ListPlaces, groupBytes: number, signal: AbortSignal): Promise<SortedLines> {
  const folder = await mkdtemp(join(tmpdir(), 'facewright-list-'));
  const file = await open(join(folder, 'lines'), 'w+');
  const close = async (): Promise<void> => {
    await file.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    // where the system allows it, nothing is left of the copy even after a kill
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
    const { groupOf, groups, places } = await dealLines(list, groupBytes, file, signal);
    let loaded: { group: number; bytes: Buffer } | undefined;
    return {
      async textsOf(person, lines) {
        const group = groupOf[person];
        if (loaded?.group !== group) loaded = { group, bytes: await bytesOf(file, groups[group]) };
        const { bytes } = loaded;
        return Array.from(lines, (line) => {
          const start = places[line] - groups[group].start;
          return bytes.toString('utf8', start, bytes.indexOf(NEWLINE, start)).replace(/\r$/, '');
        });
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Group {
  /** Its part of the copy. */
  readonly start: number;
  end: number;
}

async function dealLines(list: ListPlaces, groupBytes: number, file: FileHandle, signal: AbortSignal) {
  const { starts, persons, people, path } = list;
  const lengths = new Float64Array(people);
  for (let line = 0; line + 1 < starts.length; line++) lengths[persons[line]] += starts[line + 1] - starts[line];
  const groupOf = new Uint32Array(people);
  const rooms: number[] = [0];
  for (let person = 0; person < people; person++) {
    if (rooms[rooms.length - 1] >= groupBytes) rooms.push(0);
    groupOf[person] = rooms.length - 1;
    rooms[rooms.length - 1] += lengths[person];
  }
  // where the last line ends is not known
  const groups: Group[] = [];
  for (let group = 0, start = 0; group < rooms.length; group++) {
    groups.push({ start, end: start });
    start += rooms[group] + (groupOf[persons[persons.length - 1]] === group ? LAST_LINE : 0);
  }
  const writers = groups.map((group) => new PartWriter(file, group));
  const places = new Float64Array(starts.length);
  for await (const { line, bytes } of linesOf(path, starts, signal)) {
    const writer = writers[groupOf[persons[line]]];
    places[line] = writer.at;
    if (!writer.fits(bytes)) await writer.flush();
    if (writer.fits(bytes)) writer.add(bytes);
    else await writer.put(bytes);
  }
  for (const writer of writers) await writer.flush();
  return { groupOf, groups, places };
}

/** As much as a line may have. */
const LAST_LINE = 1 << 20;

/** Each line with its newline, or with one added if it has none, and with blank lines after it. */
async function* linesOf(path: string, starts: Float64Array, signal: AbortSignal) {
  let rest: Buffer = Buffer.alloc(0);
  let [at, line] = [0, 0]; // `at`: where `rest` starts
  for await (const piece of piecesOf(path, signal)) {
    const bytes = rest.length ? Buffer.concat([rest, piece]) : piece;
    for (; line + 1 < starts.length && starts[line + 1] <= at + bytes.length; line++)
      yield { line, bytes: bytes.subarray(starts[line] - at, starts[line + 1] - at) };
    const used = Math.min(bytes.length, Math.max(0, starts[line] - at));
    rest = bytes.subarray(used);
    at += used;
  }
  const end = rest.indexOf(NEWLINE);
  yield { line, bytes: Buffer.concat([end < 0 ? rest : rest.subarray(0, end), Buffer.from([NEWLINE])]) };
}

/** Appends to a part of the file, many lines at once. */
class PartWriter {
  private readonly buffer = Buffer.allocUnsafe(BUFFER);
  private used = 0;

  constructor(
    private readonly file: FileHandle,
    private readonly part: Group,
  ) {}

  /** Where the next line goes. */
  get at(): number {
    return this.part.end + this.used;
  }

  fits(bytes: Buffer): boolean {
    return this.used + bytes.length <= BUFFER;
  }

  add(bytes: Buffer): void {
    bytes.copy(this.buffer, this.used);
    this.used += bytes.length;
  }

  async flush(): Promise<void> {
    await this.put(this.buffer.subarray(0, this.used));
    this.used = 0;
  }

  async put(bytes: Buffer): Promise<void> {
    for (let done = 0; done < bytes.length;)
      done += (await this.file.write(bytes, done, bytes.length - done, this.part.end + done)).bytesWritten;
    this.part.end += bytes.length;
  }
}

async function bytesOf(file: FileHandle, { start, end }: Group): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(end - start);
  for (let done = 0; done < bytes.length;) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, start + done);
    if (bytesRead === 0) throw new Error('the temporary copy of the list ends too early');
    done += bytesRead;
  }
  return bytes;
}
