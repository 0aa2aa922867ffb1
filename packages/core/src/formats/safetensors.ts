/**
 * Reads and writes the safetensors format (huggingface/safetensors): an 8-byte little-endian header length, a JSON
 * header padded with spaces to a multiple of 8, then the tensors' bytes. Writes the same bytes as the reference
 * implementation: float32 before int32, then by name. Other types are read, as float32 or int32, but not written.
 */
import { FacewrightError, messageOf } from '../values/errors.js';
import { joinBytes } from './join-bytes.js';
import { isRawType, RAW_BYTES, readRaw, type RawType } from './raw-numbers.js';
import type { HostTensor, HostTensors } from '../values/tensors.js';

const TYPES = { float32: 'F32', int32: 'I32' } as const;
const LENGTH_BYTES = 8;
/** As in the reference implementation. */
const HEADER_LIMIT = 100_000_000;

export const encodeSafetensors = (tensors: HostTensors, metadata?: Readonly<Record<string, string>>): Uint8Array =>
  joinBytes(safetensorsPieces(tensors, metadata));

/** The same file in pieces: its header, then the tensors' own bytes, which are not copied. */
export function safetensorsPieces(
  tensors: HostTensors,
  metadata: Readonly<Record<string, string>> = {},
): readonly Uint8Array[] {
  const names = Object.keys(tensors).sort((a, b) => byCodeUnit(tensors[a].dtype, tensors[b].dtype) || byCodeUnit(a, b));
  const entries: [string, unknown][] = Object.keys(metadata).length > 0 ? [['__metadata__', metadata]] : [];
  let end = 0;
  for (const name of names) {
    const { shape, dtype, data } = tensors[name];
    if (name === '__metadata__') throw new RangeError('a tensor cannot be called "__metadata__"');
    entries.push([name, { dtype: TYPES[dtype], shape, data_offsets: [end, (end += data.byteLength)] }]);
  }
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const start = LENGTH_BYTES + Math.ceil(text.length / 8) * 8;
  const header = new Uint8Array(start).fill(0x20, LENGTH_BYTES);
  new DataView(header.buffer).setBigUint64(0, BigInt(start - LENGTH_BYTES), true);
  header.set(text, LENGTH_BYTES);
  const bytesOf = ({ buffer, byteOffset, byteLength }: HostTensor['data']): Uint8Array =>
    new Uint8Array(buffer, byteOffset, byteLength);
  return [header, ...names.map((name) => bytesOf(tensors[name].data))];
}

export interface Safetensors {
  readonly tensors: HostTensors;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Throws a `FacewrightError` for anything but a complete file of `RawType` tensors. No value of a damaged file is ever
 * used.
 */
export function decodeSafetensors(file: Uint8Array, where?: string): Safetensors {
  const damaged = damagedAt(where);
  const start = startOf(file, file.length, damaged);
  const { entries, metadata } = layoutOf(file.subarray(LENGTH_BYTES, start), file.length, damaged);
  return {
    tensors: inOrder(
      entries.map((entry) => [
        entry.name,
        tensorOf(entry, file.subarray(start + entry.begin, start + entry.end), damaged),
      ]),
    ),
    metadata,
  };
}

/** A file that is read piece by piece. */
export interface SafetensorsSource {
  /** Bytes in all. */
  readonly size: number;
  /** Resolves with memory of its own, which nothing else uses. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/**
 * The same, tensor by tensor: besides the tensors, memory is needed for one of them at most. `onPiece` gets all bytes of the
 * file in order.
 */
export async function readSafetensors(
  source: SafetensorsSource,
  where?: string,
  onPiece: (bytes: Uint8Array) => void = () => {},
): Promise<Safetensors> {
  const damaged = damagedAt(where);
  const read = async (offset: number, length: number): Promise<Uint8Array> => {
    const bytes = await source.read(offset, length);
    onPiece(bytes);
    return bytes;
  };
  const start = startOf(await read(0, Math.min(LENGTH_BYTES, source.size)), source.size, damaged);
  const header = await read(LENGTH_BYTES, start - LENGTH_BYTES);
  const { entries, metadata } = layoutOf(header, source.size, damaged);
  const tensors: [string, HostTensor][] = [];
  for (const entry of entries) {
    const bytes = await read(start + entry.begin, entry.end - entry.begin);
    tensors.push([entry.name, tensorOf(entry, bytes, damaged, true)]);
  }
  return { tensors: inOrder(tensors), metadata };
}

const damagedAt =
  (where?: string): Damaged =>
  (what) => {
    throw new FacewrightError({
      what: `The safetensors file is damaged: ${what}.`,
      where,
      todo: 'Download or copy the file again.',
    });
  };

/** Where the tensors' bytes start, by the first bytes of the file. */
function startOf(first: Uint8Array, size: number, damaged: Damaged): number {
  if (size < LENGTH_BYTES) return damaged(`it has ${size} bytes`);
  const headerLength = Number(new DataView(first.buffer, first.byteOffset).getBigUint64(0, true));
  if (headerLength > HEADER_LIMIT || headerLength > size - LENGTH_BYTES)
    return damaged(`its header claims ${headerLength} bytes, but the file has ${size}`);
  return LENGTH_BYTES + headerLength;
}

interface Entry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: RawType;
  /** Bytes from the end of the header. */
  readonly begin: number;
  readonly end: number;
}

/** The tensors in the order of their bytes, which follow each other to the end of the file. */
function layoutOf(
  header: Uint8Array,
  size: number,
  damaged: Damaged,
): { readonly entries: readonly Entry[]; readonly metadata: Readonly<Record<string, string>> } {
  const { __metadata__: metadata = {}, ...described } = parseHeader(header, damaged);
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === 'string'))
    return damaged('its metadata is not a map of strings');
  const entries = Object.entries(described)
    .map(([name, entry]) => ({ name, ...parseEntry(name, entry, damaged) }))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  let end = 0;
  for (const entry of entries) {
    if (entry.begin !== end) damaged(`the bytes of "${entry.name}" do not follow those of the tensor before it`);
    end = entry.end;
  }
  const start = LENGTH_BYTES + header.length;
  if (start + end !== size) damaged(`its tensors end at byte ${start + end}, but the file ends at ${size}`);
  return { entries, metadata: metadata as Record<string, string> };
}

/** `own`: nothing else uses the bytes, so numbers that need no conversion stay where they are. */
function tensorOf({ name, shape, type }: Entry, bytes: Uint8Array, damaged: Damaged, own = false): HostTensor {
  const data = readRaw(type, bytes, { own }) ?? damaged(`"${name}" has integers that do not fit in 32 bits`);
  return { shape, dtype: data instanceof Int32Array ? 'int32' : 'float32', data };
}

const inOrder = (tensors: [string, HostTensor][]): HostTensors =>
  Object.fromEntries(tensors.sort(([a], [b]) => byCodeUnit(a, b)));

type Damaged = (what: string) => never;

function parseHeader(bytes: Uint8Array, damaged: Damaged): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    return damaged(`its header is not JSON (${messageOf(error)})`);
  }
  return isRecord(header) ? header : damaged('its header is not an object');
}

function parseEntry(
  name: string,
  entry: unknown,
  damaged: Damaged,
): { shape: readonly number[]; type: RawType; begin: number; end: number } {
  if (!isRecord(entry)) return damaged(`"${name}" has no description`);
  const type = isRawType(entry.dtype)
    ? entry.dtype
    : damaged(
        `"${name}" has the type ${JSON.stringify(entry.dtype)}; supported are ${Object.keys(RAW_BYTES).join(', ')}`,
      );
  const shape = isSizes(entry.shape) ? entry.shape : damaged(`"${name}" has no shape`);
  const [begin, end] =
    isSizes(entry.data_offsets) && entry.data_offsets.length === 2
      ? entry.data_offsets
      : damaged(`"${name}" has no offsets`);
  const bytes = shape.reduce((product, size) => product * size, RAW_BYTES[type]);
  if (end - begin !== bytes)
    damaged(`"${name}" of shape [${shape.join(', ')}] needs ${bytes} bytes but has ${end - begin}`);
  return { shape, type, begin, end };
}

const byCodeUnit = (a: string, b: string): number => Number(a > b) - Number(a < b);
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
