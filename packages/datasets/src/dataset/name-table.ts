/** The names in an index: checked once, then read from the file a few at a time. Finds repeated names. */
import type { FacewrightError } from '@facewright/core';
import { isUtf8 } from 'node:buffer';

/** A file, or bytes in memory. */
export interface ByteSource {
  readonly size: number;
  read(offset: number, length: number): Promise<Buffer>;
  readSync(offset: number, length: number): Buffer;
}

export interface NameTable {
  at(number: number): string;
  /** Number of the first equal name among the sources, by number; missing if all differ. */
  readonly firstOf?: Uint32Array;
}

interface Place {
  /** How many are names of sources; those of kinds follow. */
  readonly sources: number;
  readonly kinds: number;
  /** Bytes from the start of the file. */
  readonly strings: number;
  readonly end: number;
}

/** Names read together, because the next ones are often requested next. */
const GROUP = 256;
const PIECE = 4 << 20;
/** The table then takes some 8 MB, however many names there are. */
const IN_TABLE = 1 << 20;

/** `checksum` receives the bytes in order. Throws if lengths and bytes do not match, or a name is not UTF-8. */
export async function readNames(
  file: ByteSource,
  { sources, kinds, strings, end }: Place,
  checksum: { add(bytes: Buffer): void },
  damaged: (what: string) => FacewrightError,
): Promise<NameTable> {
  const count = sources + kinds;
  const lengths = await readLengths(file, strings, count, checksum);
  const texts = strings + count * 4;
  const starts = groupStarts(lengths, texts);
  if (starts[starts.length - 1] !== end) throw damaged('its table of names is incomplete');

  const hashes = new NameHashes(sources);
  let number = 0;
  let rest: Buffer = Buffer.alloc(0);
  for (let at = texts; at < end;) {
    const piece = await file.read(at, Math.min(PIECE, end - at));
    checksum.add(piece);
    at += piece.length;
    const bytes = rest.length ? Buffer.concat([rest, piece]) : piece;
    let start = 0;
    for (; number < count && start + lengths[number] <= bytes.length; number++) {
      const stop = start + lengths[number];
      if (!hashes.add(number, bytes, start, stop) && !isUtf8(bytes.subarray(start, stop)))
        throw damaged('its table of names is incomplete');
      start = stop;
    }
    rest = bytes.subarray(start);
  }
  for (; number < sources; number++) hashes.add(number, rest, 0, 0); // empty names at the very end
  return { at: nameReader(file, strings, starts, count), firstOf: hashes.firstOf() };
}

async function readLengths(
  file: ByteSource,
  strings: number,
  count: number,
  checksum: { add(bytes: Buffer): void },
): Promise<Uint32Array> {
  const lengths = new Uint32Array(count);
  for (let first = 0; first < count; first += PIECE / 4) {
    const part = Math.min(PIECE / 4, count - first);
    const bytes = await file.read(strings + first * 4, part * 4);
    checksum.add(bytes);
    for (let i = 0; i < part; i++) lengths[first + i] = bytes.readUInt32LE(i * 4);
  }
  return lengths;
}

/** Where each group's bytes start in the file, and the end of the last one. */
function groupStarts(lengths: Uint32Array, texts: number): Float64Array {
  const starts = new Float64Array(Math.ceil(lengths.length / GROUP) + 1);
  let at = texts;
  for (let number = 0; number < lengths.length; number++) {
    if (number % GROUP === 0) starts[number / GROUP] = at;
    at += lengths[number];
  }
  starts[starts.length - 1] = at;
  return starts;
}

/** Caches the most recently used group. */
function nameReader(file: ByteSource, strings: number, starts: Float64Array, count: number) {
  let group = -1;
  let names: string[] = [];
  return (number: number): string => {
    const wanted = Math.floor(number / GROUP);
    if (wanted !== group) {
      const inGroup = Math.min(GROUP, count - wanted * GROUP);
      const lengths = file.readSync(strings + wanted * GROUP * 4, inGroup * 4);
      const bytes = file.readSync(starts[wanted], starts[wanted + 1] - starts[wanted]);
      let at = 0;
      names = Array.from({ length: inGroup }, (_, index) => {
        const start = at;
        at += lengths.readUInt32LE(index * 4);
        return bytes.toString('utf8', start, at);
      });
      group = wanted;
    }
    return names[number - wanted * GROUP];
  };
}

/**
 * Finds equal names by 64-bit hashes in a table with open addressing. Among fifteen million names, two different ones
 * have the same hash with a probability of 6e-6. They would then count as one photo when validation photos are
 * selected, with no other effect.
 */
export class NameHashes {
  private readonly first: Uint32Array;
  private readonly second: Uint32Array;

  /** `inTable`: names whose hashes are in a table at once, about. */
  constructor(
    private readonly count: number,
    private readonly inTable = IN_TABLE,
  ) {
    this.first = new Uint32Array(count);
    this.second = new Uint32Array(count);
  }

  /** Hashes the bytes as that name, if it is one of those counted; returns whether they are plain ASCII. */
  add(number: number, bytes: Buffer, start: number, stop: number): boolean {
    let [a, b, seen] = [0x9747b28c, 0x3c6ef372, 0];
    for (let i = start; i < stop; i++) {
      const byte = bytes[i];
      seen |= byte;
      a = Math.imul(a ^ byte, 0x01000193);
      a ^= a >>> 15;
      b = Math.imul(b ^ byte, 0x85ebca6b);
      b ^= b >>> 13;
    }
    if (number < this.count) {
      this.first[number] = finish(a, stop - start);
      this.second[number] = finish(b, stop - start);
    }
    return seen < 0x80;
  }

  firstOf(): Uint32Array | undefined {
    const { count, first, second } = this;
    // one part of the hashes after another, so that the table takes a fraction of what it would for all
    const parts = Math.max(1, Math.ceil(count / this.inTable));
    const mask = 2 ** Math.ceil(Math.log2((2 * count) / parts + 64)) - 1;
    const table = new Uint32Array(mask + 1); // number + 1, or 0 for a free slot
    let found: Uint32Array | undefined;
    for (let part = 0; part < parts; part++) {
      if (part > 0) table.fill(0);
      for (let number = 0; number < count; number++) {
        if (second[number] % parts !== part) continue;
        let place = first[number] & mask;
        for (; table[place] !== 0; place = (place + 1) & mask) {
          const other = table[place] - 1;
          if (first[other] !== first[number] || second[other] !== second[number]) continue;
          found ??= counting(count);
          found[number] = other;
          break;
        }
        if (table[place] === 0) table[place] = number + 1;
      }
    }
    return found;
  }
}

/** 0, 1, 2 and so on. */
function counting(length: number): Uint32Array {
  const numbers = new Uint32Array(length);
  for (let number = 0; number < length; number++) numbers[number] = number;
  return numbers;
}

/** The final mixing step of MurmurHash3. */
function finish(hash: number, length: number): number {
  let h = hash ^ length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
