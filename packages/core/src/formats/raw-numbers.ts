/** Raw numbers in weights files: little-endian, of several types, read as float32 or int32. */

/** Bytes per number. The names are those of safetensors. */
export const RAW_BYTES = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, I16: 2, I8: 1, U8: 1, BOOL: 1 } as const;
export type RawType = keyof typeof RAW_BYTES;

export const isRawType = (name: unknown): name is RawType => typeof name === 'string' && Object.hasOwn(RAW_BYTES, name);

/**
 * The numbers: floats as float32 (F64 rounded, F16 and BF16 exactly), integers and booleans as int32.
 * `undefined` if an integer does not fit. `bytes` may start at any offset and must contain a whole number of values. They are copied, unless with `own`
 * they can stay where they are.
 */
export function readRaw(
  type: RawType,
  bytes: Uint8Array,
  { own = false }: { readonly own?: boolean } = {},
): Float32Array | Int32Array | undefined {
  const whole = bytes.byteLength === bytes.buffer.byteLength && bytes.buffer instanceof ArrayBuffer;
  // slicing a Buffer would not copy
  const { buffer } = own && whole ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes);
  switch (type) {
    case 'F32':
      return new Float32Array(buffer);
    case 'F64':
      return Float32Array.from(new Float64Array(buffer));
    case 'F16':
      return Float32Array.from(new Uint16Array(buffer), fromHalf);
    case 'BF16':
      return new Float32Array(Uint32Array.from(new Uint16Array(buffer), (bits) => bits << 16).buffer);
    case 'I64': {
      const wide = new BigInt64Array(buffer);
      return wide.every((value) => BigInt.asIntN(32, value) === value) ? Int32Array.from(wide, Number) : undefined;
    }
    case 'I32':
      return new Int32Array(buffer);
    case 'I16':
      return Int32Array.from(new Int16Array(buffer));
    case 'I8':
      return Int32Array.from(new Int8Array(buffer));
    case 'U8':
    case 'BOOL':
      return Int32Array.from(bytes);
  }
}

/** IEEE 754 binary16: sign, five exponent bits, ten fraction bits. */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024));
}
