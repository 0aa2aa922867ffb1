export { defaultCacheDirectory, directorySize, megabytes } from './cache.js';
export { checkTrainingStep } from './check.js';
export { installWheels, type Installation, type Wheel, type WheelSet } from './install.js';
export { loadKoffi, type Koffi } from '@facewright/platform/node';
export { noDriver, nvidiaDriver, type Cuda, type Driver } from './nvidia-driver.js';
export type { SetupOptions, SetupResult } from './setup.js';
export { verifySha256 } from './unpack.js';
export { CUDA_12_WHEELS, CUDA_13_WHEELS, isNvidiaFile } from './cuda-wheels.js';
