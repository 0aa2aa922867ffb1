/** Converts convolution kernels from the layouts of other libraries. */
import { hostTensor, type HostTensor } from '../values/tensors.js';

/**
 * Converts the order of PyTorch, MXNet and ONNX to that of tfjs: [out, in, h, w] to [h, w, in, out], or for `depthwise`
 * [channels, m, h, w] to [h, w, channels, m]. A matrix [out, in] is treated as a 1×1 kernel.
 */
export function kernelFromOutputFirst({ shape, data }: HostTensor, depthwise: boolean): HostTensor {
  const [first, second, height = 1, width = 1] = shape;
  const area = height * width;
  const turned = new Float32Array(data.length);
  for (let a = 0; a < first; a++) {
    for (let b = 0; b < second; b++) {
      for (let at = 0; at < area; at++)
        turned[
          (at * (depthwise ? first : second) + (depthwise ? a : b)) * (depthwise ? second : first) + (depthwise ? b : a)
        ] = data[(a * second + b) * area + at];
    }
  }
  return hostTensor(depthwise ? [height, width, first, second] : [height, width, second, first], turned);
}
