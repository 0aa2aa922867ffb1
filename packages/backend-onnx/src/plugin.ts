/** The `onnx` backend plugin. */
import {
  definePlugin,
  hostTensor,
  messageOf,
  type Availability,
  type Backend,
  type FacewrightError,
} from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { openOnnxEngine, versionOf } from './engine.js';
import { loadRuntime, PROVIDERS, TESTED_VERSION, type Provider, type Runtime } from './session/runtime.js';
import { VERSION } from './version.js';

export const onnx = definePlugin({
  meta: {
    name: 'onnx',
    kind: 'backend',
    version: VERSION,
    apiVersion: 1,
    description: 'onnxruntime: a training step as one compiled graph; the default in Node',
  },
  options: z.strictObject({
    provider: z
      .enum(PROVIDERS)
      .default('cpu')
      .describe('device for onnxruntime; cuda, webgpu, coreml and dml need a binary that includes them'),
    lowering: z
      .enum(['auto', 'std', 'blocked'])
      .default('auto')
      .describe(
        'std: standard ops in NCHW, on any provider. blocked: twice as fast in training, on cpu. auto: blocked where it works',
      ),
    threads: z.int().positive().optional().describe('default: the number of physical cores'),
    memory: z
      .number()
      .positive()
      .optional()
      .describe(
        'memory limit of the process in a training, in GB: above it, part of the forward pass is recomputed; default: 80 % of what is free',
      ),
  }),
  create: ({ memory, ...options }, { emit }): Backend => ({
    traits: {
      speed: options.provider === 'cpu' ? 'processor' : 'accelerator',
      workers: { threads: 1 }, // one per worker
      layout: 'planes',
    },
    probe: () => probe(options.provider),
    open: () => openOnnxEngine({ ...options, memoryBytes: memory === undefined ? undefined : memory * 1e9, emit }),
  }),
});

declare module '@facewright/core' {
  interface BackendPlugins {
    onnx: typeof onnx;
  }
}

/** Microsoft's package, whose install script downloads what CUDA needs; where it is installed, it is used. */
const OWN = `npm install onnxruntime-node@${TESTED_VERSION}`;

/** What each provider needs besides the library for the processor. */
const WANTED: Readonly<Record<Exclude<Provider, 'cpu'>, string>> = {
  cuda: `a driver, CUDA and cuDNN, and a library with CUDA, which this brings: ${OWN}`,
  webgpu: 'a driver for Vulkan, Metal or Direct3D 12',
  coreml: 'macOS',
  dml: 'Windows with DirectX 12',
};

async function probe(provider: Provider): Promise<Availability> {
  let runtime: Runtime;
  try {
    runtime = await loadRuntime();
  } catch (error) {
    const { what, todo } = error as FacewrightError;
    return { usable: false, reason: what, remedy: todo };
  }
  const supported = runtime.listSupportedBackends().map(({ name }) => name);
  if (!supported.includes(provider)) {
    return {
      usable: false,
      reason: `this onnxruntime has no provider "${provider}" (it has ${supported.join(', ')})`,
      remedy: `choose another provider, or install a library that has it, for example: ${OWN}`,
    };
  }
  const device = `onnxruntime ${versionOf(runtime)}, ${provider}`;
  if (provider === 'cpu') return { usable: true, device };
  // whether it finds its device and libraries only shows when it is used
  const engine = await openOnnxEngine({ provider, lowering: 'std', threads: 1 });
  try {
    await engine
      .compile((_, { x }) => ({ outputs: { y: tf.square(x) } }))
      .run({ x: hostTensor([2], Float32Array.of(1, 2)) });
    return { usable: true, device };
  } catch (error) {
    return {
      usable: false,
      reason: `the provider "${provider}" failed to start: ${messageOf(error).split('\n')[0]}`,
      remedy: `provider: cpu, or ${WANTED[provider]}`,
    };
  } finally {
    await engine.dispose();
  }
}
