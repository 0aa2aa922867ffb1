/** The `node-gpu` backend plugin. */
import { definePlugin, FacewrightError, type Availability, type Backend } from '@facewright/core';
import { z } from 'zod';
import { availability, findLibraries, isComplete } from './availability.js';
import { openTensorFlowEngine } from './engine.js';
import { VERSION } from './version.js';

export const nodeGpu = definePlugin({
  meta: {
    name: 'node-gpu',
    kind: 'backend',
    version: VERSION,
    apiVersion: 1,
    description: "TensorFlow's own library: CUDA, and a fast CPU",
  },
  options: z.strictObject({
    library: z
      .string()
      .optional()
      .describe(
        'directory with libtensorflow_framework.so.2 and libtensorflow_cc.so.2 or libtensorflow.so.2; default: from "facewright setup node-gpu", else that of an installed @tensorflow/tfjs-node-gpu or tfjs-node',
      ),
    device: z.enum(['auto', 'cpu', 'gpu']).default('auto').describe('auto: the GPU if there is one'),
    mode: z
      .enum(['function', 'eager'])
      .default('function')
      .describe('function: a step is captured and run as one TensorFlow function if possible; eager: op by op'),
    jit: z
      .boolean()
      .default(false)
      .describe('compile functions with XLA; for GPUs: on a CPU it makes convolutions slower'),
    fuse: z
      .boolean()
      .default(true)
      .describe('on a CPU: compile groups of elementwise ops with XLA, which saves passes over memory'),
    precision: z
      .enum(['float32', 'bfloat16', 'float16'])
      .default('float32')
      .describe(
        'of activations and their gradients in training steps; state, head and loss are always float32. bfloat16: a GPU since Ampere, or a CPU with AMX or AVX-512 BF16; float16: any GPU with tensor cores; slow on CPUs',
      ),
    lossScaling: z
      .strictObject({
        initial: z
          .number()
          .min(1)
          .refine((value) => Number.isInteger(Math.log2(value)), 'is not a power of two')
          .default(65536)
          .describe('initial loss scale, a power of two; halved when gradients overflow'),
        growAfter: z
          .int()
          .positive()
          .default(2000)
          .describe('consecutive updates without overflow after which the scale doubles'),
      })
      .prefault({})
      .describe('with float16'),
    threads: z.int().positive().optional().describe('threads per op; default: the number of cores'),
    parallelOps: z.int().positive().optional().describe('ops that run concurrently'),
    memoryGrowth: z.boolean().default(true).describe('allocate GPU memory as needed, not all of it at once'),
    memoryLimit: z.number().positive().optional().describe('maximum GPU memory in MB'),
  }),
  create: (options, { baseDirectory, emit }): Backend => {
    const directories = [baseDirectory, process.cwd()];
    const probe = (): Promise<Availability> => availability(options, { directories });
    return {
      // whether "auto" finds a GPU is known only once the library is loaded
      traits: {
        speed: options.device === 'cpu' ? 'processor' : 'accelerator',
        workers: { threads: 1, parallelOps: 1 }, // one for each worker
        layout: 'interleaved',
      },
      probe,
      async open() {
        const found = findLibraries(options, directories);
        if (!isComplete(found)) {
          const { reason, remedy } = await probe();
          throw new FacewrightError({ what: `The engine "node-gpu" does not work here: ${reason}.`, todo: remedy! });
        }
        return openTensorFlowEngine(found, options, emit);
      },
    };
  },
});

declare module '@facewright/core' {
  interface BackendPlugins {
    'node-gpu': typeof nodeGpu;
  }
}
