/** Which wheels hold TensorFlow's libraries, pinned, and what is taken out of them. */
import { LIBRARIES, TENSORFLOW_VERSION, type Variant } from '../library/location.js';

export interface TensorFlowWheel {
  readonly requirement: string;
  readonly sha256: string;
  /** Bytes, about: to say beforehand what is fetched and kept. */
  readonly download: number;
  readonly unpacked: number;
  /** Wheels beside it; what TensorFlow's own metadata asks for under the extra `and-cuda`. */
  readonly beside: readonly string[];
}

const GB = 1e9;

export const WHEELS: Readonly<Record<Variant, TensorFlowWheel>> = {
  cpu: {
    requirement: `tensorflow_cpu==${TENSORFLOW_VERSION}`,
    sha256: '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
    download: 0.28 * GB,
    unpacked: 0.86 * GB,
    beside: [],
  },
  gpu: {
    requirement: `tensorflow==${TENSORFLOW_VERSION}`,
    sha256: '9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124',
    download: 3 * GB,
    unpacked: 6 * GB,
    beside: [
      'nvidia-cublas-cu12>=12.5.3.2,<13.0',
      'nvidia-cuda-cupti-cu12>=12.5.82,<13.0',
      'nvidia-cuda-nvcc-cu12>=12.5.82,<13.0',
      'nvidia-cuda-nvrtc-cu12>=12.5.82,<13.0',
      'nvidia-cuda-runtime-cu12>=12.5.82,<13.0',
      'nvidia-cudnn-cu12>=9.3.0.75,<10.0',
      'nvidia-cufft-cu12>=11.2.3.61,<12.0',
      'nvidia-curand-cu12>=10.3.6.82,<11.0',
      'nvidia-cusolver-cu12>=11.6.3.83,<12.0',
      'nvidia-cusparse-cu12>=12.5.1.3,<13.0',
      'nvidia-nccl-cu12>=2.27.7,<3.0',
      'nvidia-nvjitlink-cu12>=12.5.82,<13.0',
    ],
  },
};

/** The interpreter's version in the wheel's tag does not matter to its C libraries, so any pip can fetch it. */
export const PIP_TARGET = ['--no-deps', '--only-binary=:all:', '--python-version', '3.11', ...['manylinux_2_27_x86_64', 'manylinux_2_17_x86_64', 'manylinux2014_x86_64', 'manylinux1_x86_64'].flatMap((platform) => ['--platform', platform])];

/** Whether a file of a wheel is needed: the two libraries, CUDA's libraries where pip puts them, and XLA's compiler parts. */
export const isNeeded = (path: string): boolean =>
  LIBRARIES.some((name) => path === `tensorflow/${name}`) ||
  path === 'tensorflow/THIRD_PARTY_NOTICES.txt' ||
  /^nvidia\/[^/]+\/lib\/[^/]+\.so(\.\d+)*$/.test(path) ||
  /^nvidia\/cuda_nvcc\/(bin\/ptxas|nvvm\/libdevice\/.*)$/.test(path) ||
  /^nvidia\/.*(LICENSE|License)[^/]*$/.test(path);
