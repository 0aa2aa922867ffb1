/**
 * CUDA's libraries, which `setup` puts next to TensorFlow as `nvidia/<part>/lib`, as in the wheels. TensorFlow's own
 * search path leads there too.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** What TensorFlow 2.21 opens by name once it finds a GPU, in loading order: dependencies come first. */
const NEEDED: readonly (readonly [part: string, ...names: string[]])[] = [
  ['cuda_runtime', 'libcudart.so.12'],
  ['nvjitlink', 'libnvJitLink.so.12'],
  ['cublas', 'libcublasLt.so.12', 'libcublas.so.12'],
  ['cusparse', 'libcusparse.so.12'],
  ['cusolver', 'libcusolver.so.11'],
  ['cufft', 'libcufft.so.11'],
  ['curand', 'libcurand.so.10'],
  ['cuda_nvrtc', 'libnvrtc.so.12'],
  ['cuda_cupti', 'libcupti.so.12'],
  ['nccl', 'libnccl.so.2'],
  ['cudnn', 'libcudnn.so.9'],
];
/** cuDNN opens its parts itself, from the directory of `libcudnn`; XLA starts NVIDIA's assembler. */
const ALSO = [
  'cudnn/lib/libcudnn_ops.so.9',
  'cudnn/lib/libcudnn_cnn.so.9',
  'cudnn/lib/libcudnn_graph.so.9',
  'cuda_nvcc/bin/ptxas',
  'cuda_nvcc/nvvm/libdevice/libdevice.10.bc',
];

const rootOf = (libraryDirectory: string): string => join(libraryDirectory, '..', 'nvidia');

/**
 * Paths of the libraries to load before TensorFlow: whatever the search path, it finds those already in the process.
 */
export function cudaLibraries(libraryDirectory: string): string[] {
  const root = rootOf(libraryDirectory);
  return NEEDED.flatMap(([part, ...names]) => names.map((name) => join(root, part, 'lib', name))).filter((path) =>
    existsSync(path),
  );
}

/** For a GPU setup: the names of missing libraries. */
export function missingCuda(libraryDirectory: string): string[] {
  const root = rootOf(libraryDirectory);
  const wanted = [...NEEDED.flatMap(([part, ...names]) => names.map((name) => `${part}/lib/${name}`)), ...ALSO];
  return wanted.filter((path) => !existsSync(join(root, path))).map((path) => path.slice(path.lastIndexOf('/') + 1));
}

/** For `XLA_FLAGS`: where XLA finds NVIDIA's assembler and its function library. */
export function cudaToolkit(libraryDirectory: string): string | undefined {
  const directory = join(rootOf(libraryDirectory), 'cuda_nvcc');
  return existsSync(directory) && readdirSync(directory).length > 0 ? directory : undefined;
}
