/**
 * The two ways to write kernels in this package: composed of other tfjs ops, or working directly on the wasm module's
 * memory.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';

/** The name under which tfjs-backend-wasm registers itself. */
export const WASM = 'wasm';

type ComposedKernel<Inputs, Attributes> = (
  inputs: Inputs,
  attributes: Attributes,
  backend: BackendWasm,
) => tf.Tensor | tf.Tensor[];
type MemoryKernel<Inputs, Attributes> = (inputs: Inputs, attributes: Attributes, backend: BackendWasm) => tf.TensorInfo;

/**
 * Composed of other ops. Inside a kernel tfjs records nothing on the tape, and anything the kernel does not return is
 * freed.
 */
export function registerComposedKernel<Inputs, Attributes>(
  kernelName: string,
  kernel: ComposedKernel<Inputs, Attributes>,
): void {
  replace({
    kernelName,
    backendName: WASM,
    kernelFunc: ({ inputs, attrs, backend }) =>
      tf.tidy(() => kernel(inputs as Inputs, attrs as Attributes, backend as BackendWasm)),
  });
}

/** Works on the module's memory. All tensors it creates must be returned. */
export function registerMemoryKernel<Inputs, Attributes>(
  kernelName: string,
  kernel: MemoryKernel<Inputs, Attributes>,
): void {
  replace({
    kernelName,
    backendName: WASM,
    kernelFunc: ({ inputs, attrs, backend }) => kernel(inputs as Inputs, attrs as Attributes, backend as BackendWasm),
  });
}

function replace(kernel: tf.KernelConfig): void {
  if (tf.getKernel(kernel.kernelName, WASM)) tf.unregisterKernel(kernel.kernelName, WASM);
  tf.registerKernel(kernel);
}
