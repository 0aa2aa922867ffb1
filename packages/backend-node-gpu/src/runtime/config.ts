/**
 * Encodes the options of a TensorFlow context as a ConfigProto message (tensorflow/core/protobuf/config.proto), of
 * which only a few fields matter.
 */

export interface ContextOptions {
  /** Threads per op; default: TensorFlow's choice, which is the number of cores. */
  readonly threads?: number;
  /** Ops that run concurrently. */
  readonly parallelOps?: number;
  /** `cpu` hides all GPUs. */
  readonly device: 'auto' | 'cpu' | 'gpu';
  /** Allocate GPU memory as needed, not all at once. */
  readonly memoryGrowth: boolean;
  /** Maximum GPU memory in MB. */
  readonly memoryLimit?: number;
}

const VARINT = 0;
const BYTES = 2;
const FIXED32 = 5;

export function encodeConfig({ threads, parallelOps, device, memoryGrowth, memoryLimit }: ContextOptions): Uint8Array {
  const gpu: number[] = [];
  if (memoryGrowth) gpu.push(...varintField(4, 1)); // allow_growth
  if (memoryLimit !== undefined) {
    // experimental.virtual_devices[0].memory_limit_mb: one virtual device on the first GPU, which excludes growth
    gpu.push(...bytesField(9, bytesField(1, [...tag(1, FIXED32), ...float32(memoryLimit)])));
  }
  const config = [
    ...(device === 'cpu' ? bytesField(1, [...bytesField(1, [...Buffer.from('GPU')]), ...varintField(2, 0)]) : []), // device_count { "GPU": 0 }
    ...(threads === undefined ? [] : varintField(2, threads)), // intra_op_parallelism_threads
    ...(parallelOps === undefined ? [] : varintField(5, parallelOps)), // inter_op_parallelism_threads
    ...(gpu.length ? bytesField(6, gpu) : []), // gpu_options
    ...varintField(7, 1), // allow_soft_placement
  ];
  return Uint8Array.from(config);
}

const tag = (field: number, kind: typeof VARINT | typeof BYTES | typeof FIXED32): number[] =>
  varint((field << 3) | kind);

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
}

const varintField = (field: number, value: number): number[] => [...tag(field, VARINT), ...varint(value)];
const bytesField = (field: number, bytes: readonly number[]): number[] => [
  ...tag(field, BYTES),
  ...varint(bytes.length),
  ...bytes,
];
const float32 = (value: number): Uint8Array => new Uint8Array(Float32Array.of(value).buffer);
