/** The three kinds of values that tfjs and TensorFlow share, and TensorFlow's numbers for them (tensorflow/c/tf_datatype.h). */

export type DType = 'float32' | 'int32' | 'bool';
export type HostData = Float32Array | Int32Array | Uint8Array;

export const TF_TYPES: Readonly<Record<DType, number>> = { float32: 1, int32: 3, bool: 10 };
const NAMES = new Map(Object.entries(TF_TYPES).map(([name, type]) => [type, name as DType]));

export function dtypeOf(type: number): DType {
  const name = NAMES.get(type);
  if (!name) throw new Error(`TensorFlow gave a tensor of its type ${type}, for which tfjs has none`);
  return name;
}

export const BYTES: Readonly<Record<DType, number>> = { float32: 4, int32: 4, bool: 1 };
export const hostData = (dtype: DType, size: number): HostData => (dtype === 'float32' ? new Float32Array(size) : dtype === 'int32' ? new Int32Array(size) : new Uint8Array(size));
