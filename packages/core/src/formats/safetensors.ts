/**
 * Reads and writes the safetensors format (huggingface/safetensors): an 8-byte little-endian header length, a JSON
 * header padded with spaces to a multiple of 8, then the tensors' bytes. Writes the same bytes as the reference
 * implementation: float32 before int32, then by name. Other types are read, as float32 or int32, but not written.
 */
import { FacewrightError, messageOf } from '../values/errors.js';
import { isRawType, RAW_BYTES, readRaw, type RawType } from './raw-numbers.js';
import type { HostTensor, HostTensors } from '../values/tensors.js';

const TYPES = { float32: 'F32', int32: 'I32' } as const;
const LENGTH_BYTES = 8;
/** As in the reference implementation. */
const HEADER_LIMIT = 100_000_000;

export function encodeSafetensors(tensors: HostTensors, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const names = Object.keys(tensors).sort((a, b) => byCodeUnit(tensors[a].dtype, tensors[b].dtype) || byCodeUnit(a, b));
  const header: [string, unknown][] = Object.keys(metadata).length > 0 ? [['__metadata__', metadata]] : [];
  let end = 0;
  for (const name of names) {
    const { shape, dtype, data } = tensors[name];
    if (name === '__metadata__') throw new RangeError('a tensor cannot be called "__metadata__"');
    header.push([name, { dtype: TYPES[dtype], shape, data_offsets: [end, (end += data.byteLength)] }]);
  }
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const start = LENGTH_BYTES + Math.ceil(text.length / 8) * 8;
  const file = new Uint8Array(start + end).fill(0x20, LENGTH_BYTES, start);
  new DataView(file.buffer).setBigUint64(0, BigInt(start - LENGTH_BYTES), true);
  file.set(text, LENGTH_BYTES);
  let at = start;
  for (const name of names) {
    const { data } = tensors[name];
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}

/**
 * Throws a `FacewrightError` for anything but a complete file of `RawType` tensors. No value of a damaged file is ever
 * used.
 */
export function decodeSafetensors(
  file: Uint8Array,
  where?: string,
): { tensors: HostTensors; metadata: Readonly<Record<string, string>> } {
  const damaged = (what: string): never => {
    throw new FacewrightError({
      what: `The safetensors file is damaged: ${what}.`,
      where,
      todo: 'Download or copy the file again.',
    });
  };
  if (file.length < LENGTH_BYTES) damaged(`it has ${file.length} bytes`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const headerLength = Number(view.getBigUint64(0, true));
  if (headerLength > HEADER_LIMIT || headerLength > file.length - LENGTH_BYTES)
    damaged(`its header claims ${headerLength} bytes, but the file has ${file.length}`);
  const start = LENGTH_BYTES + headerLength;
  const { __metadata__: metadata = {}, ...entries } = parseHeader(file.subarray(LENGTH_BYTES, start), damaged);
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === 'string'))
    return damaged('its metadata is not a map of strings');

  const described = Object.entries(entries)
    .map(([name, entry]) => ({ name, ...parseEntry(name, entry, damaged) }))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  let end = 0;
  for (const entry of described) {
    if (entry.begin !== end) damaged(`the bytes of "${entry.name}" do not follow those of the tensor before it`);
    end = entry.end;
  }
  if (start + end !== file.length)
    damaged(`its tensors end at byte ${start + end}, but the file ends at ${file.length}`);
  const tensors = described.map(({ name, shape, type, begin, end }): [string, HostTensor] => {
    const data =
      readRaw(type, file.subarray(start + begin, start + end)) ??
      damaged(`"${name}" has integers that do not fit in 32 bits`);
    return [name, { shape, dtype: data instanceof Int32Array ? 'int32' : 'float32', data }];
  });
  return {
    tensors: Object.fromEntries(tensors.sort(([a], [b]) => byCodeUnit(a, b))),
    metadata: metadata as Record<string, string>,
  };
}

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
