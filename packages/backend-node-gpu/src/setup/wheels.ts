/** Which wheels hold TensorFlow's libraries, pinned, and what is taken out of them. */
import { CUDA_12_WHEELS, isNvidiaFile, type WheelSet } from '@facewright/native-libraries';
import { TENSORFLOW_VERSION, WHEEL_LIBRARIES, type Variant } from '../library/location.js';

const GB = 1e9;

/** TensorFlow's own comes first. */
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
    // beside TensorFlow what its own metadata asks for under the extra `and-cuda`, as pip resolved it in November 2026
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

/** Whether a file of a wheel is needed: the two libraries, CUDA's libraries where pip puts them, and XLA's compiler parts. */
export const isNeeded = (path: string): boolean =>
  WHEEL_LIBRARIES.some((name) => path === `tensorflow/${name}`) ||
  path === 'tensorflow/THIRD_PARTY_NOTICES.txt' ||
  isNvidiaFile(path);
