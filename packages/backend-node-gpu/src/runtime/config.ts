/**
 * Encodes the options of a TensorFlow context as a ConfigProto message (tensorflow/core/protobuf/config.proto), of
 * which only a few fields matter.
 */
import { ProtobufWriter } from '@facewright/core/protobuf';

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

export function encodeConfig({ threads, parallelOps, device, memoryGrowth, memoryLimit }: ContextOptions): Uint8Array {
  const config = new ProtobufWriter();
  if (device === 'cpu') config.message(1, new ProtobufWriter().text(1, 'GPU').integer(2, 0)); // device_count { "GPU": 0 }
  if (threads !== undefined) config.integer(2, threads); // intra_op_parallelism_threads
  if (parallelOps !== undefined) config.integer(5, parallelOps); // inter_op_parallelism_threads
  if (memoryGrowth || memoryLimit !== undefined) config.message(6, gpuOptions(memoryGrowth, memoryLimit));
  return config.integer(7, true).encode(); // allow_soft_placement
}

function gpuOptions(memoryGrowth: boolean, memoryLimit: number | undefined): ProtobufWriter {
  const gpu = new ProtobufWriter();
  if (memoryGrowth) gpu.integer(4, true); // allow_growth
  if (memoryLimit === undefined) return gpu;
  // experimental.virtual_devices[0].memory_limit_mb: one virtual device on the first GPU, which excludes growth
  return gpu.message(9, new ProtobufWriter().message(1, new ProtobufWriter().float(1, memoryLimit)));
}
