/** The wheels with each plugin and its libraries, pinned, and the files extracted from them. */
import { CUDA_12_WHEELS, CUDA_13_WHEELS, isNvidiaFile, type WheelSet } from '@facewright/native-libraries';

export const VARIANTS = ['cuda13', 'cuda12', 'rocm', 'cpu'] as const;
export type Variant = (typeof VARIANTS)[number];

export interface PluginWheels extends WheelSet {
  /** The plugin's version, used in the name of the setup directory. */
  readonly version: string;
}

const GB = 1e9;
const JAX = '0.12.0.1';

export const WHEELS: Readonly<Record<Variant, PluginWheels>> = {
  cuda13: {
    version: JAX,
    wheels: [
      {
        requirement: `jax-cuda13-pjrt==${JAX}`,
        sha256: '5899bb6177eda86ea532afb9a26794f2bdd04966f6a01f9028266b16c2b6cf90',
      },
      ...CUDA_13_WHEELS,
    ],
    download: 2.6 * GB,
    unpacked: 4.5 * GB,
  },
  cuda12: {
    version: JAX,
    wheels: [
      {
        requirement: `jax-cuda12-pjrt==${JAX}`,
        sha256: '5ec28e06198d094031c37590b4ea753ae8cde4879ab4b60baf40f0dffb673286',
      },
      {
        requirement: 'nvidia-nvshmem-cu12==3.8.0',
        sha256: 'b2e5760d6158aefe7bb74348d5128bb1b46a7dd1fd4b7b1e6fe55b4b07888f70',
      },
      ...CUDA_12_WHEELS,
    ],
    download: 2.7 * GB,
    unpacked: 5 * GB,
  },
  // ROCm's own libraries come from AMD's packages
  rocm: {
    version: '0.12.0',
    wheels: [
      {
        requirement: 'jax-rocm7-pjrt==0.12.0',
        sha256: '4551d0714523355f2946ca1958c3f584e95661e467a641d36b726f718a1c7934',
      },
    ],
    download: 0.134 * GB,
    unpacked: 0.46 * GB,
  },
  cpu: {
    version: '0.11.2',
    wheels: [
      {
        requirement: 'lammps-jax-pjrt-cpu==0.11.2',
        sha256: '1319390d948b39f69f7dade496b7c385149d9ca6097a6b62114da113216d9ad1',
      },
    ],
    download: 0.063 * GB,
    unpacked: 0.2 * GB,
  },
};

/** Whether a file of a wheel is needed: plugins, their licenses, NVIDIA's libraries. */
export const isNeeded = (path: string): boolean =>
  /^(jax_plugins\/[^/]+|lammps_jax_pjrt_cpu)\/[^/]+\.so(\.\d+)*$/.test(path) ||
  /^[^/]+\.dist-info\/(licenses\/)?(LICENSE|THIRD_PARTY)[^/]*$/.test(path) ||
  isNvidiaFile(path);
