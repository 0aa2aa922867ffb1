/**
 * tfjs's WebGPU backend on our device. Its own initialisation would request a device that we cannot access and whose
 * loss we would not notice.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { OpenDevice } from '../gpu/device.js';
import { registerAddN } from './add-n.js';

/** tfjs registers its kernels under this name when its package is loaded. */
export const TF_BACKEND = 'webgpu';

/** Buffers per kernel on every device. One of them is written, the others are read. */
const BUFFERS = 8;

let current: GPUDevice | undefined;
let mended = false;

export async function registerTfjsBackend({ device, info }: OpenDevice): Promise<void> {
  const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu');
  if (!mended) registerAddN(TF_BACKEND, BUFFERS - 1);
  mended = true;
  if (current === device) return;
  current = device;
  if (tf.findBackendFactory(TF_BACKEND)) tf.removeBackend(TF_BACKEND);
  tf.registerBackend(TF_BACKEND, () => new WebGPUBackend(device, info), 0);
}
