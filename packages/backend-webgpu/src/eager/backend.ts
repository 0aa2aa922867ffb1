/** tfjs's WebGPU backend on our device. Its own start would ask for a device we cannot reach, nor learn of its loss. */
import * as tf from '@tensorflow/tfjs-core';
import type { OpenDevice } from '../gpu/device.js';

/** tfjs registers its kernels under this name when its package is loaded. */
export const TF_BACKEND = 'webgpu';

let current: GPUDevice | undefined;

export async function registerTfjsBackend({ device, info }: OpenDevice): Promise<void> {
  const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu');
  sumInParts(device.limits.maxStorageBuffersPerShaderStage - 1);
  if (current === device) return;
  current = device;
  if (tf.findBackendFactory(TF_BACKEND)) tf.removeBackend(TF_BACKEND);
  tf.registerBackend(TF_BACKEND, () => new WebGPUBackend(device, info), 0);
}

/** tfjs binds all terms of an AddN at once. Above the device's limit (8 to 16 on most) the shader is refused, and the sum is left at whatever the memory held. */
function sumInParts(most: number): void {
  const { kernelFunc, ...kernel } = tf.getKernel('AddN', TF_BACKEND);
  if (summing.has(kernelFunc)) return;
  const inParts: tf.KernelFunc = ({ inputs, attrs, backend }) => {
    const add = (terms: readonly tf.TensorInfo[]): tf.TensorInfo => kernelFunc({ inputs: terms as unknown as tf.NamedTensorInfoMap, attrs, backend }) as tf.TensorInfo;
    const terms = inputs as unknown as readonly tf.TensorInfo[];
    let sum = add(terms.slice(0, most));
    for (let next = most; next < terms.length; next += most - 1) {
      const former = sum;
      sum = add([former, ...terms.slice(next, next + most - 1)]);
      (backend as tf.KernelBackend).disposeData(former.dataId);
    }
    return sum;
  };
  summing.add(inParts);
  tf.unregisterKernel('AddN', TF_BACKEND);
  tf.registerKernel({ ...kernel, kernelFunc: inParts });
}

/** Those of ours. */
const summing = new WeakSet<tf.KernelFunc>();
