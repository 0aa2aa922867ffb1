/** How this package writes kernels: composed of other tfjs ops, or working on the memory of the wasm module. */
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

/** Composed of other ops: inside a kernel tfjs records nothing on the tape, and what the kernel does not return is freed. */
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

/** Works on the module's memory; tensors that it makes must all be returned. */
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
