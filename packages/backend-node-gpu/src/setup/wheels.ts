/** The wheels with TensorFlow's libraries, pinned, and the files extracted from them. */
import { CUDA_12_WHEELS, isNvidiaFile, type WheelSet } from '@facewright/native-libraries';
import { TENSORFLOW_VERSION, WHEEL_LIBRARIES, type Variant } from '../library/location.js';

const GB = 1e9;

/** TensorFlow's own wheel comes first. */
export const WHEELS: Readonly<Record<Variant, WheelSet>> = {
  cpu: {
    wheels: [
      {
        requirement: `tensorflow_cpu==${TENSORFLOW_VERSION}`,
        sha256: '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
      },
    ],
    download: 0.28 * GB,
    unpacked: 0.86 * GB,
  },
  gpu: {
    // besides TensorFlow, the dependencies of its `and-cuda` extra as pip resolved them in November 2026
    wheels: [
      {
        requirement: `tensorflow==${TENSORFLOW_VERSION}`,
        sha256: '9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124',
      },
      ...CUDA_12_WHEELS,
    ],
    download: 3 * GB,
    unpacked: 5.7 * GB,
  },
};

/**
 * Whether a file of a wheel is needed: the two libraries, CUDA's libraries where pip puts them, and XLA's compiler
 * files.
 */
export const isNeeded = (path: string): boolean =>
  WHEEL_LIBRARIES.some((name) => path === `tensorflow/${name}`) ||
  path === 'tensorflow/THIRD_PARTY_NOTICES.txt' ||
  isNvidiaFile(path);
