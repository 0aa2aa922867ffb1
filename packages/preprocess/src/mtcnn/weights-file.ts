/** Reads the published MTCNN weights from raw float32, numpy's `.npy`, or the Python wheel that contains it. */
import { FacewrightError, latin1Text, messageOf } from '@facewright/core';
import { isNumpyArray, unpickle, type Unpickled } from '@facewright/core/pickle';
import { createSha256 } from '@facewright/platform';
import { unzipSync } from 'fflate';
import { NET_NAMES, NET_SIZES, WEIGHT_COUNT, WEIGHTS_SHA256 } from './layout.js';

/** The numbers of the three nets, checked against the published SHA-256. */
export interface MtcnnWeights {
  /** P-, R- and O-Net one after another, each tensor row-major. */
  readonly numbers: Float32Array;
  readonly sha256: string;
  /** Their origin, in words. */
  readonly source: string;
}

/** Their path in the wheel of `mtcnn` 0.1.1. */
const WHEEL_ENTRY = 'mtcnn/data/mtcnn_weights.npy';
/** The entry is 2 MB; anything larger is not this wheel. */
const MAX_ENTRY_BYTES = 16 << 20;

/** Throws a `FacewrightError` for other kinds of files and other numbers. */
export function readWeights(bytes: Uint8Array, source: string): MtcnnWeights {
  const numbers = numbersOf(bytes, source);
  const sha256 = sha256Of(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength));
  if (sha256 !== WEIGHTS_SHA256) {
    throw new FacewrightError({
      what: `These are not the published MTCNN weights: their SHA-256 is ${sha256}, not ${WEIGHTS_SHA256}.`,
      where: source,
    });
  }
  return { numbers, sha256, source };
}

export const sha256Of = (bytes: Uint8Array): string => createSha256().update(bytes).hex();

const startsWith = (bytes: Uint8Array, start: string): boolean => latin1Text(bytes.subarray(0, start.length)) === start;

/** As many numbers as the weights are, whatever they are. */
export function numbersOf(bytes: Uint8Array, source: string): Float32Array {
  if (startsWith(bytes, 'PK\x03\x04')) return fromNpy(wheelEntry(bytes, source), source);
  if (startsWith(bytes, '\x93NUMPY')) return fromNpy(bytes, source);
  if (bytes.length !== WEIGHT_COUNT * 4) {
    throw new FacewrightError({
      what: `The file has no MTCNN weights: it has ${bytes.length} bytes and is neither raw float32 (${WEIGHT_COUNT * 4} bytes), nor .npy, nor a wheel.`,
      where: source,
      todo: "Use face-api.js's mtcnn_model-shard1, the wheel of the Python package mtcnn 0.1.1, or its mtcnn_weights.npy.",
    });
  }
  return new Float32Array(new Uint8Array(bytes).buffer); // a copy, because the bytes may start at any offset
}

function wheelEntry(bytes: Uint8Array, source: string): Uint8Array {
  let entry: Uint8Array | undefined;
  try {
    entry = unzipSync(bytes, {
      filter: ({ name, originalSize }) => name === WHEEL_ENTRY && originalSize <= MAX_ENTRY_BYTES,
    })[WHEEL_ENTRY];
  } catch (error) {
    throw new FacewrightError({ what: `Cannot read the wheel: ${messageOf(error)}.`, where: source, cause: error });
  }
  if (!entry)
    throw new FacewrightError({
      what: `The wheel has no ${WHEEL_ENTRY}.`,
      where: source,
      todo: 'Use the wheel of the Python package mtcnn 0.1.1.',
    });
  return entry;
}

/** A numpy file with one pickled dictionary: `pnet`, `rnet` and `onet`, each a list of arrays. */
function fromNpy(bytes: Uint8Array, source: string): Float32Array {
  const wide = bytes[6] >= 2; // from format version 2 on, the header length takes four bytes
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = wide ? 12 : 10;
  if (bytes.length < start) throw notWeights(source);
  const headerLength = wide ? view.getUint32(8, true) : view.getUint16(8, true);
  const header = latin1Text(bytes.subarray(start, start + Math.min(headerLength, 4096)));
  if (!/'descr'\s*:\s*'\|O'/.test(header)) throw notWeights(source);
  const nets = unpickle(bytes.subarray(start + headerLength), source);
  const numbers = new Float32Array(WEIGHT_COUNT);
  let at = 0;
  for (const name of NET_NAMES) {
    const list: Unpickled | undefined = nets instanceof Map ? nets.get(name) : undefined;
    const arrays = Array.isArray(list) ? (list as Unpickled[]).filter(isNumpyArray) : [];
    const count = arrays.reduce((sum, { data }) => sum + data.length, 0);
    if (count !== NET_SIZES[name])
      throw new FacewrightError({
        what: `The .npy file has ${count} numbers for "${name}", not ${NET_SIZES[name]}.`,
        where: source,
      });
    for (const { data } of arrays) {
      numbers.set(data, at);
      at += data.length;
    }
  }
  return numbers;
}

const notWeights = (source: string): FacewrightError =>
  new FacewrightError({ what: 'The .npy file does not contain a dictionary of weights.', where: source });
