/**
 * The three dtypes shared by tfjs and TensorFlow, two that only TensorFlow has, and its codes for them
 * (tensorflow/c/tf_datatype.h).
 */

export type DType = 'float32' | 'int32' | 'bool';
export type HostData = Float32Array | Int32Array | Uint8Array;

/** 16-bit floats, which only occur inside functions. */
export type HalfType = 'float16' | 'bfloat16';
export type TfType = DType | HalfType;

const SHARED = { float32: 1, int32: 3, bool: 10 } as const;
export const TF_TYPES: Readonly<Record<TfType, number>> = { ...SHARED, bfloat16: 14, float16: 19 };
const NAMES = new Map(Object.entries(SHARED).map(([name, type]) => [type as number, name as DType]));

export const isHalf = (dtype: TfType): dtype is HalfType => dtype === 'float16' || dtype === 'bfloat16';

export function dtypeOf(type: number): DType {
  const name = NAMES.get(type);
  if (!name) throw new Error(`TensorFlow returned a tensor of its type ${type}, which tfjs does not have`);
  return name;
}

export const BYTES: Readonly<Record<DType, number>> = { float32: 4, int32: 4, bool: 1 };
const ARRAYS = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;
export const hostData = (dtype: DType, size: number): HostData => new ARRAYS[dtype](size);
