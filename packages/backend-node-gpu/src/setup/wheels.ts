/** Which wheels hold TensorFlow's libraries, pinned, and what is taken out of them. */
import { TENSORFLOW_VERSION, WHEEL_LIBRARIES, type Variant } from '../library/location.js';

export interface Wheel {
  /** For pip, with the version. */
  readonly requirement: string;
  readonly sha256: string;
}

export interface TensorFlowWheels {
  /** TensorFlow's own comes first. */
  readonly wheels: readonly Wheel[];
  /** Bytes, about: to say beforehand what is fetched and kept. */
  readonly download: number;
  readonly unpacked: number;
}

const GB = 1e9;

export const WHEELS: Readonly<Record<Variant, TensorFlowWheels>> = {
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
      {
        requirement: 'nvidia-cublas-cu12==12.9.3.13',
        sha256: 'd7d51055f161b317c7105ddaae90e71eda059026074ffef93cf7cde2886bfe72',
      },
      {
        requirement: 'nvidia-cuda-cupti-cu12==12.8.90',
        sha256: 'ea0cb07ebda26bb9b29ba82cda34849e73c166c18162d3913575b0c9db9a6182',
      },
      {
        requirement: 'nvidia-cuda-nvcc-cu12==12.9.86',
        sha256: '5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0',
      },
      {
        requirement: 'nvidia-cuda-nvrtc-cu12==12.9.86',
        sha256: '210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4',
      },
      {
        requirement: 'nvidia-cuda-runtime-cu12==12.9.79',
        sha256: '25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3',
      },
      {
        requirement: 'nvidia-cudnn-cu12==9.28.0.42',
        sha256: '9ff58b7f36dacd0a93e89f8f2957b52466889217963701daa15e577317cfa375',
      },
      {
        requirement: 'nvidia-cufft-cu12==11.4.1.4',
        sha256: 'c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28',
      },
      {
        requirement: 'nvidia-curand-cu12==10.3.10.19',
        sha256: '49b274db4780d421bd2ccd362e1415c13887c53c214f0d4b761752b8f9f6aa1e',
      },
      {
        requirement: 'nvidia-cusolver-cu12==11.7.5.82',
        sha256: '15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88',
      },
      {
        requirement: 'nvidia-cusparse-cu12==12.5.10.65',
        sha256: '73060ce019ac064a057267c585bf1fd5a353734151f87472ff02b2c5c9984e78',
      },
      {
        requirement: 'nvidia-nccl-cu12==2.32.3',
        sha256: 'bb94b2348e4861d5e8aa00b36c3d12d9bdf9c6369b82cbb723de0b582280a21c',
      },
      {
        requirement: 'nvidia-nvjitlink-cu12==12.9.86',
        sha256: 'e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9',
      },
    ],
    download: 3 * GB,
    unpacked: 5.7 * GB,
  },
};

/** The interpreter's version in the wheel's tag does not matter to its C libraries, so any pip can fetch it. */
export const PIP_TARGET = [
  '--no-deps',
  '--only-binary=:all:',
  '--python-version',
  '3.11',
  ...['manylinux_2_27_x86_64', 'manylinux_2_17_x86_64', 'manylinux2014_x86_64', 'manylinux1_x86_64'].flatMap(
    (platform) => ['--platform', platform],
  ),
];

/** Whether a file of a wheel is needed: the two libraries, CUDA's libraries where pip puts them, and XLA's compiler parts. */
export const isNeeded = (path: string): boolean =>
  WHEEL_LIBRARIES.some((name) => path === `tensorflow/${name}`) ||
  path === 'tensorflow/THIRD_PARTY_NOTICES.txt' ||
  /^nvidia\/[^/]+\/lib\/[^/]+\.so(\.\d+)*$/.test(path) ||
  /^nvidia\/cuda_nvcc\/(bin\/ptxas|nvvm\/libdevice\/.*)$/.test(path) ||
  /^nvidia\/.*(LICENSE|License)[^/]*$/.test(path);
