/** Values of a StableHLO program, and how constants are written. */
import { ELEMENT_BYTES, type ElementType } from '../pjrt/abi.js';

export interface Hlo {
  /** As written in the text: `%12`, `%12#1`, `%state.stem.kernel`. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: ElementType;
}

export const typeOf = ({ shape, type }: Pick<Hlo, 'shape' | 'type'>): string => `tensor<${[...shape, type].join('x')}>`;
export const sizeOf = (shape: readonly number[]): number =>
  shape.reduce((product, dimension) => product * dimension, 1);
export const isFloat = (type: ElementType): boolean => type === 'f32' || type === 'bf16' || type === 'f64';

const NOT_FINITE: Readonly<Record<'f32' | 'f64' | 'bf16', readonly [infinity: string, minus: string, nan: string]>> = {
  f32: ['0x7F800000', '0xFF800000', '0x7FC00000'],
  f64: ['0x7FF0000000000000', '0xFFF0000000000000', '0x7FF8000000000000'],
  bf16: ['0x7F80', '0xFF80', '0x7FC0'],
};
const DIGITS = 9; // enough digits to distinguish every float32 from its neighbours

/** One number in MLIR syntax: floats have a decimal point, and NaN and infinities are written as bits. */
export function literal(value: number, type: ElementType): string {
  if (type === 'i1') return value ? 'true' : 'false';
  if (!isFloat(type)) return String(Math.trunc(value));
  const [infinity, minus, nan] = NOT_FINITE[type as 'f32'];
  if (Number.isNaN(value)) return nan;
  if (!Number.isFinite(Math.fround(value))) return value > 0 ? infinity : minus;
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const rounded = Math.fround(value);
  let digits = 1;
  while (digits < DIGITS && Math.fround(Number(rounded.toPrecision(digits))) !== rounded) digits++;
  const [mantissa, exponent] = rounded.toExponential(digits - 1).split('e');
  const pointed = mantissa.includes('.') ? mantissa : `${mantissa}.0`;
  return exponent === '+0' ? pointed : `${pointed}e${exponent}`;
}

const FEW = 16;

/** The contents of `dense<…>`: one number for all, a list for a few, bytes for many. */
export function denseText(
  data: ArrayLike<number> & ArrayBufferView,
  shape: readonly number[],
  type: ElementType,
): string {
  const numbers = data as ArrayLike<number>;
  const first = numbers[0];
  if (numbers.length && Array.prototype.every.call(numbers, (value: number) => Object.is(value, first)))
    return literal(first, type);
  if (numbers.length <= FEW) return listed(numbers, shape, type);
  if (data.byteLength !== numbers.length * ELEMENT_BYTES[type])
    throw new RangeError(`bytes of a type other than ${type}`);
  return `"0x${Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex').toUpperCase()}"`;
}

function listed(numbers: ArrayLike<number>, shape: readonly number[], type: ElementType, from = 0): string {
  const [length, ...rest] = shape;
  if (length === undefined) return literal(numbers[from], type);
  const inner = sizeOf(rest);
  return `[${Array.from({ length }, (_, i) => listed(numbers, rest, type, from + i * inner)).join(', ')}]`;
}
